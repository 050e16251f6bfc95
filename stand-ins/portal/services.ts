/** The three services, whichever protocol they were called by. */

import { randomUUID } from 'node:crypto';
import { checkIdentity, checkShape, type Refusal } from './check.ts';
import { dossierShape, stepShape } from './fields.ts';
import type { Fields, Records, Written } from './records.ts';

export interface ServiceCall {
  service: string;
  agency: string;
  /** "True" or "False"; DongBoHoSoMC only. */
  isUpdating: string;
  data: unknown;
  /** TraCuuHoSo only. */
  code: string;
}

export type Reply = Record<string, unknown>;

const AGENCY = /^(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{2}){0,3})$/;
const MOST_ITEMS = 100;
/** It answers success with the number 0 now and then, as seen in the field. */
const NUMBER_EVERY = 10;

export function createServices(records: Records): (call: ServiceCall) => Reply {
  let answered = 0;

  function done(members: Reply): Reply {
    answered += 1;
    return { error_code: answered % NUMBER_EVERY === 0 ? 0 : '00', message: '', ...members };
  }

  function take(dossiers: readonly Written[], steps: readonly Written[]): Reply {
    records.write(dossiers, steps);
    return done({ maGiaoDich: randomUUID() });
  }

  function syncDossiers(call: ServiceCall): Reply {
    if (call.isUpdating !== 'True' && call.isUpdating !== 'False') {
      return refused({ code: '11', message: 'isUpdating phải là "True" hoặc "False"' });
    }
    const updating = call.isUpdating === 'True';
    return each(call, (item, earlier) => {
      const refusal = checkShape(item, dossierShape) ?? checkIdentity(item);
      if (refusal !== undefined) return refusal;
      const code = String(item.MaHoSo);
      const known = records.has(code) || earlier.has(code);
      if (known && !updating) return { code: '31', message: `Hồ sơ ${code} đã tồn tại` };
      if (!known && updating) return { code: '32', message: `Hồ sơ ${code} chưa có trên Cổng, không thể cập nhật` };
      return undefined;
    });
  }

  function syncSteps(call: ServiceCall): Reply {
    return each(call, (item) => {
      const refusal = checkShape(item, stepShape);
      if (refusal !== undefined) return refusal;
      const code = String(item.MaHoSo);
      return records.has(code) ? undefined : { code: '33', message: `Hồ sơ ${code} chưa có trên Cổng` };
    });
  }

  /** One fault refuses the whole call. */
  function each(call: ServiceCall, check: (item: Fields, earlier: ReadonlySet<string>) => Refusal | undefined): Reply {
    if (!Array.isArray(call.data) || call.data.length === 0 || call.data.length > MOST_ITEMS) {
      return refused({ code: '11', message: `data phải là danh sách từ 1 đến ${MOST_ITEMS} phần tử` });
    }
    const earlier = new Set<string>();
    const written: Written[] = [];
    for (const item of call.data as Fields[]) {
      const refusal = check(item, earlier);
      if (refusal !== undefined) return refused(refusal);
      const code = String(item.MaHoSo);
      earlier.add(code);
      written.push({ code, agency: call.agency, sender: 'hub', body: item });
    }
    return call.service === 'DongBoHoSoMC' ? take(written, []) : take([], written);
  }

  function lookUp(call: ServiceCall): Reply {
    if (call.code === '') return refused({ code: '11', message: 'Thiếu mahoso' });
    const dossier = records.dossier(call.code);
    return done({ result: dossier === undefined ? [] : [{ ...dossier, DanhSachTienDo: records.steps(call.code) }] });
  }

  return (call) => {
    if (!AGENCY.test(call.agency)) return refused({ code: '11', message: 'Mã đơn vị không hợp lệ' });
    switch (call.service) {
      case 'DongBoHoSoMC':
        return syncDossiers(call);
      case 'CapNhatTienDoHoSoMC':
        return syncSteps(call);
      case 'TraCuuHoSo':
        return lookUp(call);
      default:
        return refused({ code: '12', message: 'Không có dịch vụ này' });
    }
  };
}

export function refused({ code, message }: Refusal): Reply {
  return { error_code: code, message };
}
