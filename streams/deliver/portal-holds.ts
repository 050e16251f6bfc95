import type { PortalDossier } from '../../core/portal.ts';
import type { Reason } from '../../store/delivery-queue.ts';

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

/** The portal's own words may quote what was sent: what is personal in them is left out. */
export function refusedByPortal(
  { code, message }: { readonly code: string; readonly message: string },
  dossier: PortalDossier,
): Reason {
  const { ChuHoSo, SoGiayToChuHoSo, Email, SoDienThoai, TrichYeuHoSo, DinhDanhCHS } = dossier;
  const personal = [ChuHoSo, SoGiayToChuHoSo, Email, SoDienThoai, TrichYeuHoSo];
  const quoted = [...personal, ...DinhDanhCHS.map(({ SoDinhDanh }) => SoDinhDanh)]
    .filter((value) => value.length > 1)
    .reduce((said, value) => said.replaceAll(value, '…'), message.normalize('NFC'))
    .replace(/\d{9,}/g, '…')
    .slice(0, MOST_QUOTED);
  return {
    code: 'REFUSED_BY_PORTAL',
    text: `Cổng từ chối hồ sơ, mã lỗi ${code.slice(0, 20)}: ${quoted}. Đề nghị sửa dữ liệu ở hệ thống nguồn; hồ sơ được gửi lại khi có thay đổi hoặc khi bấm gửi lại.`,
  };
}
