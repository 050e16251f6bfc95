/** What people see of the portal: how much there is, and what came last. */

import { statusTitles } from './fields.ts';
import type { LatestDossier, Summary } from './records.ts';

export const pageHeaders = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'cache-control': 'no-store',
};

export function page(summary: Summary, latest: readonly LatestDossier[]): string {
  const counts = Object.entries(summary.byStatus).map(
    ([status, number]) => `<li><b>${counted(number)}</b> ${shown(titleOf(status))}</li>`,
  );
  const rows = latest.map(
    ({ code, title, status, steps, writtenAt }) =>
      `<tr><td>${shown(code)}<td>${shown(title)}<td>${shown(titleOf(status))}<td>${steps}<td>${timeOf(writtenAt)}`,
  );
  const doubled = summary.doubledSteps === 0 ? '' : `, <strong>${counted(summary.doubledSteps)} bị trùng</strong>`;
  return `<!DOCTYPE html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2">
<title>Cổng Dịch vụ công (giả lập)</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
ul { columns: 18rem; padding: 0; list-style: none; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
strong { color: #b00; }
</style>
<h1>Cổng Dịch vụ công (giả lập)</h1>
<p>${counted(summary.dossiers)} hồ sơ, ${counted(summary.steps)} bước xử lý${doubled}.</p>
<ul>${counts.join('')}</ul>
<h2>Mới nhận</h2>
<table>
<thead><tr><th>Mã hồ sơ<th>Thủ tục<th>Trạng thái<th>Số bước<th>Nhận lúc</thead>
<tbody>${rows.join('\n')}</tbody>
</table>
</html>
`;
}

function titleOf(status: string): string {
  return statusTitles[status] ?? status;
}

function counted(number: number): string {
  return number.toLocaleString('vi');
}

function timeOf(ms: number): string {
  return new Date(ms).toLocaleString('vi', { timeZone: 'Asia/Ho_Chi_Minh' });
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function shown(text: unknown): string {
  return String(text ?? '').replace(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
}
