/** The service described: two schemas that import each other's namespace, and a soap:header part. */
import { namespaces } from './envelope.ts';

const optional = (name: string, type = 'xsd:string'): string =>
  `<xsd:element name="${name}" type="${type}" minOccurs="0"/>`;
const required = (name: string): string => `<xsd:element name="${name}" type="xsd:string"/>`;
const complex = (name: string, parts: string[]): string =>
  `<xsd:complexType name="${name}"><xsd:sequence>${parts.join('')}</xsd:sequence></xsd:complexType>`;

const headerSchema = `<xsd:schema targetNamespace="${namespaces.header}" elementFormDefault="qualified">
<xsd:import namespace="${namespaces.population}"/>
<xsd:element name="XacThuc"><xsd:complexType><xsd:sequence>${required('TaiKhoan')}${required('MatKhau')}</xsd:sequence></xsd:complexType></xsd:element>
<xsd:element name="ThongTinPhanHoi"><xsd:complexType><xsd:sequence>${required('MaYeuCau')}${required('MaTichHop')}</xsd:sequence></xsd:complexType></xsd:element>
<xsd:element name="ChiTietLoi"><xsd:complexType><xsd:sequence>${required('Ma')}</xsd:sequence></xsd:complexType></xsd:element>
</xsd:schema>`;

const populationSchema = `<xsd:schema targetNamespace="${namespaces.population}" elementFormDefault="qualified">
<xsd:import namespace="${namespaces.header}"/>
<xsd:element name="TraCuuThongTinCongDan"><xsd:complexType><xsd:sequence>
${['MaYeuCau', 'MaDVC', 'MaTichHop', 'MaCanBo'].map(required).join('')}
<xsd:choice>${required('SoDinhDanh')}${required('SoCMND')}</xsd:choice>
${['HoVaTen', 'NgayThangNam'].map(required).join('')}
</xsd:sequence></xsd:complexType></xsd:element>
<xsd:element name="CongdanCollection"><xsd:complexType><xsd:sequence>
<xsd:element name="CongDan" type="qldc:CongDan" minOccurs="0" maxOccurs="unbounded"/>${optional('MaLoi')}${optional('MoTaLoi')}
</xsd:sequence></xsd:complexType></xsd:element>
${complex('HoVaTen', [required('Ho'), required('ChuDem'), required('Ten')])}
${complex('NgayThangNamSinh', [required('Nam'), required('NgayThangNam')])}
${complex(
  'DiaChi',
  ['MaTinhThanh', 'MaQuanHuyen', 'MaPhuongXa', 'ChiTiet', 'QuocGia'].map((name) => optional(name)),
)}
${complex(
  'NguoiThan',
  ['HoVaTen', 'QuocTich', 'SoDinhDanh', 'SoCMND'].map((name) => optional(name)),
)}
${complex(
  'ChuHo',
  ['QuanHe', 'SoDinhDanh', 'SoCMND', 'HoVaTen'].map((name) => optional(name)),
)}
${complex('CongDan', [
  optional('SoDinhDanh'),
  optional('SoCMND'),
  optional('HoVaTen', 'qldc:HoVaTen'),
  optional('GioiTinh'),
  optional('DanToc'),
  optional('NgayThangNamSinh', 'qldc:NgayThangNamSinh'),
  optional('QuocTich'),
  ...['QueQuan', 'ThuongTru', 'NoiOHienTai'].map((name) => optional(name, 'qldc:DiaChi')),
  ...['Cha', 'Me', 'VoChong'].map((name) => optional(name, 'qldc:NguoiThan')),
  optional('ChuHo', 'qldc:ChuHo'),
])}
</xsd:schema>`;

export function wsdl(url: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="DanCu" targetNamespace="${namespaces.population}"
 xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:qldc="${namespaces.population}" xmlns:dan="${namespaces.header}">
<wsdl:types>
${headerSchema}
${populationSchema}
</wsdl:types>
<wsdl:message name="YeuCau"><wsdl:part name="thongTin" element="qldc:TraCuuThongTinCongDan"/></wsdl:message>
<wsdl:message name="XacThuc"><wsdl:part name="xacThuc" element="dan:XacThuc"/></wsdl:message>
<wsdl:message name="TraLoi"><wsdl:part name="ketQua" element="qldc:CongdanCollection"/></wsdl:message>
<wsdl:message name="PhanHoi"><wsdl:part name="phanHoi" element="dan:ThongTinPhanHoi"/></wsdl:message>
<wsdl:portType name="DanCu"><wsdl:operation name="TraCuuThongTinCongDan">
<wsdl:input message="qldc:YeuCau"/><wsdl:output message="qldc:TraLoi"/>
</wsdl:operation></wsdl:portType>
<wsdl:binding name="DanCuSoap" type="qldc:DanCu">
<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<wsdl:operation name="TraCuuThongTinCongDan">
<soap:operation soapAction="${namespaces.population}/TraCuuThongTinCongDan"/>
<wsdl:input><soap:header message="qldc:XacThuc" part="xacThuc" use="literal"/><soap:body use="literal"/></wsdl:input>
<wsdl:output><soap:header message="qldc:PhanHoi" part="phanHoi" use="literal"/><soap:body use="literal"/></wsdl:output>
</wsdl:operation></wsdl:binding>
<wsdl:service name="DanCu"><wsdl:port name="DanCuSoap" binding="qldc:DanCuSoap"><soap:address location="${url}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
}
