/**
 * The one citizen to show things with: person 0 of every world, whatever its seed and size.
 *
 * Systems know him differently: the counter under both numbers, civil status and business registration under the
 * 12-digit one, land under the old one (his first parcel) and under both (his second).
 */
export const demoPerson = {
  index: 0,
  name: 'Nguyễn Văn Hoà',
  gender: 'male',
  birthDate: '1985-03-14',
  personalNumber: '001085004213',
  oldNumber: '011985421',
  phone: '0905123456',
} as const;
