import type { Kit } from '../../../../kit/index.ts';

/** Cư trú: a made-up register that wants to be told, in headers of its own, who asks and why. */
export default (kit: Kit) => {
  const { fields } = kit;
  const register = kit.rest({
    url: 'URL',
    headersFrom: ({ actor, onBehalfOf, client, unit, purpose, dossier, requestId }) => ({
      'x-tai-khoan': actor,
      'x-thay-mat': onBehalfOf ?? '',
      'x-ung-dung': client ?? '',
      'x-don-vi': unit ?? '',
      'x-muc-dich': purpose ?? '',
      'x-ho-so': dossier ?? '',
      'x-yeu-cau': requestId,
    }),
  });
  const residence = register.entity({
    type: 'Residence',
    identity: ['number'],
    fields: {
      number: fields.code('SoDinhDanh'),
      address: fields.text('DiaChi'),
      heldBy: fields.derived(['SoDinhDanh', 'HoTen'], (number, fullName) => [
        { personalNumbers: fields.readPersonalNumbers([number]), fullName: fields.readText(fullName), birthDate: null },
      ]),
    },
    lookups: {
      number: {
        batchSize: 20,
        request: (numbers) => ({ method: 'POST', path: '/cu-tru', body: { SoDinhDanh: numbers } }),
        rows: 'Data',
        keys: ['SoDinhDanh'],
      },
    },
  });
  return kit.sector({
    title: 'Cư trú',
    sources: { register },
    entities: { residence },
    queries: {
      residence: { to: 'residence', by: 'number', holders: 'heldBy', key: ({ number }) => String(number) },
    },
  });
};
