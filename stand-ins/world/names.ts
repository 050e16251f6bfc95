/** Names as they are given in the province: mostly Kinh, and the naming habits of nine other peoples. */

import type { Draw } from './random.ts';
import type { Ethnicity, Gender } from './types.ts';

export interface NameParts {
  family: string;
  middle: string;
  given: string;
}

interface People {
  ethnicity: Ethnicity;
  weight: number;
  /** Children carry the mother's clan name. */
  matrilineal: boolean;
  families: readonly string[];
  name(draw: Draw, gender: Gender, family: string): NameParts;
}

const kinhFamilies =
  'Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Trần Lê Lê Phạm Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đoàn Trịnh Đinh Lương Mai Tạ Cao Châu Thái Quách'.split(
    ' ',
  );
const maleMiddle = 'Văn Văn Văn Văn Đức Hữu Minh Quang Công Đình Xuân Thanh Ngọc Quốc Trọng Thế Gia Bá'.split(' ');
const femaleMiddle = 'Thị Thị Thị Thị Thị Ngọc Thu Thanh Kim Bích Mỹ Phương Thuỳ Hoài Diệu Như Khánh'.split(' ');
const maleGiven =
  'Anh Bình Cường Dũng Đạt Giang Hải Hiếu Hoà Hoàng Huy Hùng Khang Khoa Kiên Lâm Long Minh Nam Nghĩa Nhân Phong Phúc Phước Quân Quý Sơn Tài Tâm Thắng Thành Thiện Thịnh Toàn Toại Trí Trung Tuấn Tùng Việt Vinh Vũ'.split(
    ' ',
  );
const femaleGiven =
  'An Anh Ánh Châu Chi Dung Duyên Giang Hà Hạnh Hằng Hiền Hoa Hoà Hồng Huệ Hương Khuê Lan Liên Linh Loan Mai Mỹ Nga Ngân Ngọc Nguyệt Nhi Nhung Oanh Phượng Quyên Quỳnh Thảo Thoa Thu Thuỷ Thuý Trang Trinh Tuyết Uyên Vân Xuân Yến'.split(
    ' ',
  );

const thirdMiddle = ['', '', '', '', '', '', ' Gia', ' Hoài', ' Thanh', ' Ngọc'];

function kinhLike(families: readonly string[], male: readonly string[], female: readonly string[]) {
  return {
    families,
    name: (draw: Draw, gender: Gender, family: string): NameParts => ({
      family,
      middle: gender === 'male' ? draw.pick(male) : draw.pick(female),
      given: gender === 'male' ? draw.pick(maleGiven) : draw.pick(femaleGiven),
    }),
  };
}

export const peoples: readonly People[] = [
  {
    ethnicity: { code: '01', name: 'Kinh' },
    weight: 78,
    matrilineal: false,
    families: kinhFamilies,
    name: (draw, gender, family) => ({
      family,
      middle: (gender === 'male' ? draw.pick(maleMiddle) : draw.pick(femaleMiddle)) + draw.pick(thirdMiddle),
      given: gender === 'male' ? draw.pick(maleGiven) : draw.pick(femaleGiven),
    }),
  },
  {
    // A man is "Y Bhăm Êban", a woman "H'Hen Niê": the clan comes last, and there is no middle name.
    ethnicity: { code: '12', name: 'Ê Đê' },
    weight: 5,
    matrilineal: true,
    families: ['Niê', 'Êban', 'Mlô', 'Kbuôr', 'Byă', 'Ayŭn', 'Kđoh', 'Niê Kđăm', 'Êñuôl'],
    name: (draw, gender, family) => ({
      family: gender === 'male' ? 'Y' : '',
      middle: '',
      given:
        gender === 'male'
          ? `${draw.pick(['Bhăm', 'Thịnh', 'Khoă', 'Wem', 'Tlur', 'Ngông', 'Jŭt', 'Moan'])} ${family}`
          : `${draw.pick(["H'Hen", "H'Bình", "H'Lan", "H'Wê", "H'Ngăm", "H'Yar", "H'Đen"])} ${family}`,
    }),
  },
  {
    ethnicity: { code: '10', name: 'Gia Rai' },
    weight: 3,
    matrilineal: true,
    families: ['Siu', 'Rơ Châm', 'Ksor', 'Nay', 'Rmah', 'Kpă', 'Rah Lan'],
    name: (draw, gender, family) => ({
      family,
      middle: '',
      given:
        gender === 'male'
          ? draw.pick(['Thương', 'Phơ', 'Hyưng', 'Blơr', 'Thuih'])
          : draw.pick(["H'Nghe", "H'Mai", "H'Nhơm", "H'Liơ"]),
    }),
  },
  {
    // One name after the sex word: "A Đươk", "Y Blưi". Such a record has no family name at all.
    ethnicity: { code: '20', name: 'Xơ Đăng' },
    weight: 3,
    matrilineal: false,
    families: [''],
    name: (draw, gender) => ({
      family: gender === 'male' ? 'A' : 'Y',
      middle: '',
      given:
        gender === 'male'
          ? draw.pick(['Đươk', 'Thuih', 'Brên', 'Hnhing', 'Khưm'])
          : draw.pick(['Blưi', 'Hnhai', 'Mai', 'Nhrơh']),
    }),
  },
  {
    ethnicity: { code: '03', name: 'Thái' },
    weight: 2.5,
    matrilineal: false,
    ...kinhLike(['Lò', 'Quàng', 'Cà', 'Lường', 'Tòng', 'Vì'], ['Văn'], ['Thị']),
  },
  {
    ethnicity: { code: '08', name: 'Mông' },
    weight: 2.5,
    matrilineal: false,
    families: ['Giàng', 'Sùng', 'Vàng', 'Thào', 'Lầu', 'Mùa', 'Cứ'],
    name: (draw, gender, family) => ({
      family,
      middle: gender === 'male' ? 'A' : 'Thị',
      given:
        gender === 'male'
          ? draw.pick(['Páo', 'Lử', 'Sính', 'Chứ', 'Tủa', 'Phềnh'])
          : draw.pick(['Mỷ', 'Dở', 'Máy', 'Sua', 'Chá']),
    }),
  },
  {
    ethnicity: { code: '05', name: 'Khmer' },
    weight: 2,
    matrilineal: false,
    families: ['Thạch', 'Sơn', 'Kim', 'Kiên', 'Danh', 'Lâm'],
    name: (draw, gender, family) => ({
      family,
      middle: gender === 'male' ? draw.pick(['Sô', 'Sa', 'Văn', '']) : draw.pick(['Thị', 'Sa']),
      given:
        gender === 'male'
          ? draw.pick(['Phi', 'Rươne', 'Vi Sal', 'Đa Ra', 'Hên'])
          : draw.pick(['Ry', 'Na Quy', 'Sóc Kha', 'Phai']),
    }),
  },
  {
    ethnicity: { code: '02', name: 'Tày' },
    weight: 2,
    matrilineal: false,
    ...kinhLike(['Nông', 'Hoàng', 'Ma', 'Bế', 'Đàm', 'Triệu'], ['Văn', 'Đức', 'Ích'], ['Thị', 'Thu']),
  },
  {
    ethnicity: { code: '16', name: 'Hrê' },
    weight: 2,
    matrilineal: false,
    ...kinhLike(['Phạm', 'Đinh'], ['Văn', ''], ['Thị']),
  },
];

export const peopleWeights = peoples.map((people) => people.weight);

export function fullName(parts: NameParts): string {
  return [parts.family, parts.middle, parts.given].filter((part) => part !== '').join(' ');
}

/** A Kinh name with nothing behind it: officers, signers, parents outside this world. */
export function anyName(draw: Draw, gender: Gender, family?: string): NameParts {
  const kinh = peoples[0] as People;
  return kinh.name(draw, gender, family ?? draw.pick(kinh.families));
}
