import type { PortalDossier } from '../../core/portal.ts';
import type { Reason } from '../../store/delivery-queue.ts';
import { sayable } from '../portals/sayable.ts';

const MOST_QUOTED = 200;

export function otherSender(): Reason {
  return {
    code: 'OTHER_SENDER',
    text: 'Bản ghi trên Cổng do hệ thống khác gửi hoặc đã bị sửa sau lần gửi cuối; trục liên thông không ghi đè. Đề nghị thống nhất với đơn vị gửi kia, sau đó gửi lại hồ sơ.',
  };
}

export function deletedAtSource(): Reason {
  return {
    code: 'DELETED_AT_SOURCE',
    text: 'Hồ sơ đã bị xóa ở hệ thống nguồn sau khi gửi lên Cổng. Đề nghị đơn vị xử lý bản ghi trên Cổng rồi bấm gửi lại để xác nhận, hoặc khôi phục hồ sơ ở hệ thống nguồn.',
  };
}

/** In the hub's own words, and of the portal's what may be shown: whoever sees how a dossier stands reads it. */
export function refusedByPortal(
  { code, message }: { readonly code: string; readonly message: string },
  dossier: PortalDossier,
): Reason {
  const quoted = sayable(message, dossier).slice(0, MOST_QUOTED);
  return {
    code: 'REFUSED_BY_PORTAL',
    text: `Cổng từ chối hồ sơ, mã lỗi ${code.slice(0, 20)}: ${quoted}. Đề nghị sửa dữ liệu ở hệ thống nguồn; hồ sơ được gửi lại khi có thay đổi hoặc khi bấm gửi lại.`,
  };
}
