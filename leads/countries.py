"""Countries by code, and the names people write for them in English and German."""

from functools import cache

from django.utils.translation import get_language

from leads.folding import fold

# A code, then its names. The first is the English one. A second line of a code has more names.
NAMES = """
AD Andorra
AE United Arab Emirates; Vereinigte Arabische Emirate; UAE
AF Afghanistan
AG Antigua & Barbuda; Antigua und Barbuda
AI Anguilla
AL Albania; Albanien
AM Armenia; Armenien
AO Angola
AQ Antarctica; Antarktis
AR Argentina; Argentinien
AS American Samoa; Amerikanisch-Samoa
AT Austria; Österreich; AUT
AU Australia; Australien
AW Aruba
AX Åland Islands; Ålandinseln
AZ Azerbaijan; Aserbaidschan
BA Bosnia & Herzegovina; Bosnien und Herzegowina
BB Barbados
BD Bangladesh; Bangladesch
BE Belgium; Belgien
BF Burkina Faso
BG Bulgaria; Bulgarien
BH Bahrain
BI Burundi
BJ Benin
BL St. Barthélemy
BM Bermuda
BN Brunei; Brunei Darussalam
BO Bolivia; Bolivien
BQ Caribbean Netherlands; Karibische Niederlande
BR Brazil; Brasilien; BRA; Brasil
BS Bahamas
BT Bhutan
BV Bouvet Island; Bouvetinsel
BW Botswana; Botsuana
BY Belarus; Weißrussland
BZ Belize
CA Canada; Kanada
CC Cocos (Keeling) Islands; Kokosinseln
CD Congo - Kinshasa; Kongo-Kinshasa; DR Congo
CF Central African Republic; Zentralafrikanische Republik
CG Congo - Brazzaville; Kongo-Brazzaville
CH Switzerland; Schweiz; CHE
CI Côte d'Ivoire; Ivory Coast; Elfenbeinküste
CK Cook Islands; Cookinseln
CL Chile
CM Cameroon; Kamerun
CN China
CO Colombia; Kolumbien
CR Costa Rica
CU Cuba; Kuba
CV Cape Verde; Cabo Verde
CW Curaçao
CX Christmas Island; Weihnachtsinsel
CY Cyprus; Zypern
CZ Czechia; Tschechien; Czech Republic; Tschechische Republik
DE Germany; Deutschland; DEU; Federal Republic of Germany; BRD
DJ Djibouti; Dschibuti
DK Denmark; Dänemark
DM Dominica
DO Dominican Republic; Dominikanische Republik
DZ Algeria; Algerien
EC Ecuador
EE Estonia; Estland
EG Egypt; Ägypten
EH Western Sahara; Westsahara
ER Eritrea
ES Spain; Spanien; ESP
ET Ethiopia; Äthiopien
FI Finland; Finnland
FJ Fiji; Fidschi
FK Falkland Islands; Falklandinseln
FM Micronesia; Mikronesien
FO Faroe Islands; Färöer
FR France; Frankreich; FRA
GA Gabon; Gabun
GB United Kingdom; Vereinigtes Königreich; UK; U.K.; GBR; Great Britain; Großbritannien; England
GB Scotland; Wales; Northern Ireland
GD Grenada
GE Georgia; Georgien
GF French Guiana; Französisch-Guayana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland; Grönland
GM Gambia
GN Guinea
GP Guadeloupe
GQ Equatorial Guinea; Äquatorialguinea
GR Greece; Griechenland; EL
GS South Georgia & South Sandwich Islands; Südgeorgien und die Südlichen Sandwichinseln
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong SAR China; Sonderverwaltungsregion Hongkong; Hong Kong; Hongkong
HM Heard & McDonald Islands; Heard und McDonaldinseln
HN Honduras
HR Croatia; Kroatien
HT Haiti
HU Hungary; Ungarn
ID Indonesia; Indonesien
IE Ireland; Irland
IL Israel
IM Isle of Man
IN India; Indien; IND
IO British Indian Ocean Territory; Britisches Territorium im Indischen Ozean
IQ Iraq; Irak
IR Iran
IS Iceland; Island
IT Italy; Italien; ITA
JE Jersey
JM Jamaica; Jamaika
JO Jordan; Jordanien
JP Japan
KE Kenya; Kenia
KG Kyrgyzstan; Kirgisistan
KH Cambodia; Kambodscha
KI Kiribati
KM Comoros; Komoren
KN St. Kitts & Nevis; St. Kitts und Nevis
KP North Korea; Nordkorea
KR South Korea; Südkorea; Korea; Republic of Korea
KW Kuwait
KY Cayman Islands; Kaimaninseln
KZ Kazakhstan; Kasachstan
LA Laos
LB Lebanon; Libanon
LC St. Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania; Litauen
LU Luxembourg; Luxemburg
LV Latvia; Lettland
LY Libya; Libyen
MA Morocco; Marokko
MC Monaco
MD Moldova; Republik Moldau
ME Montenegro
MF St. Martin
MG Madagascar; Madagaskar
MH Marshall Islands; Marshallinseln
MK North Macedonia; Nordmazedonien; Macedonia; Mazedonien
ML Mali
MM Myanmar (Burma); Myanmar; Burma
MN Mongolia; Mongolei
MO Macao SAR China; Sonderverwaltungsregion Macau; Macao; Macau
MP Northern Mariana Islands; Nördliche Marianen
MQ Martinique
MR Mauritania; Mauretanien
MS Montserrat
MT Malta
MU Mauritius
MV Maldives; Malediven
MW Malawi
MX Mexico; Mexiko
MY Malaysia
MZ Mozambique; Mosambik
NA Namibia
NC New Caledonia; Neukaledonien
NE Niger
NF Norfolk Island; Norfolkinsel
NG Nigeria
NI Nicaragua
NL Netherlands; Niederlande; Holland; NLD; The Netherlands
NO Norway; Norwegen
NP Nepal
NR Nauru
NU Niue
NZ New Zealand; Neuseeland
OM Oman
PA Panama
PE Peru
PF French Polynesia; Französisch-Polynesien
PG Papua New Guinea; Papua-Neuguinea
PH Philippines; Philippinen
PK Pakistan
PL Poland; Polen
PM St. Pierre & Miquelon; St. Pierre und Miquelon
PN Pitcairn Islands; Pitcairninseln
PR Puerto Rico
PS Palestinian Territories; Palästinensische Autonomiegebiete; Palestine; Palästina
PT Portugal
PW Palau
PY Paraguay
QA Qatar; Katar
RE Réunion
RO Romania; Rumänien
RS Serbia; Serbien
RU Russia; Russland; Russian Federation; Russische Föderation
RW Rwanda; Ruanda
SA Saudi Arabia; Saudi-Arabien
SB Solomon Islands; Salomonen
SC Seychelles; Seychellen
SD Sudan
SE Sweden; Schweden
SG Singapore; Singapur
SH St. Helena
SI Slovenia; Slowenien
SJ Svalbard & Jan Mayen; Spitzbergen und Jan Mayen
SK Slovakia; Slowakei
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SS South Sudan; Südsudan
ST São Tomé & Príncipe; São Tomé und Príncipe
SV El Salvador
SX Sint Maarten
SY Syria; Syrien
SZ Eswatini
TC Turks & Caicos Islands; Turks- und Caicosinseln
TD Chad; Tschad
TF French Southern Territories; Französische Süd- und Antarktisgebiete
TG Togo
TH Thailand
TJ Tajikistan; Tadschikistan
TK Tokelau
TL Timor-Leste
TM Turkmenistan
TN Tunisia; Tunesien
TO Tonga
TR Türkiye; Türkei; Turkey
TT Trinidad & Tobago; Trinidad und Tobago
TV Tuvalu
TW Taiwan
TZ Tanzania; Tansania
UA Ukraine
UG Uganda
UM U.S. Outlying Islands; Amerikanische Überseeinseln
US United States; Vereinigte Staaten; USA; United States of America; U.S.; U.S.A.; America
US Vereinigte Staaten von Amerika
UY Uruguay
UZ Uzbekistan; Usbekistan
VA Vatican City; Vatikanstadt; Holy See
VC St. Vincent & Grenadines; St. Vincent und die Grenadinen
VE Venezuela
VG British Virgin Islands; Britische Jungferninseln
VI U.S. Virgin Islands; Amerikanische Jungferninseln
VN Vietnam; Viet Nam
VU Vanuatu
WF Wallis & Futuna; Wallis und Futuna
WS Samoa
XK Kosovo
YE Yemen; Jemen
YT Mayotte
ZA South Africa; Südafrika
ZM Zambia; Sambia
ZW Zimbabwe; Simbabwe
"""


def code(text: str) -> str | None:
    """The ISO 3166 two-letter code of a country's code or name; None where there is none."""
    return _codes().get(_bare(text))


def name(iso: str) -> str:
    """The country in the active language; its code where it has no name."""
    names = _names().get(iso, [iso])
    german = (get_language() or "").startswith("de")
    return names[1] if german and len(names) > 1 else names[0]


@cache
def _names() -> dict[str, list[str]]:
    """The English name, then the German one where it differs, then others."""
    named: dict[str, list[str]] = {}
    for line in NAMES.strip().splitlines():
        iso, names = line.split(" ", 1)
        named.setdefault(iso, []).extend(names.split("; "))
    return named


@cache
def _codes() -> dict[str, str]:
    codes = {}
    for line in NAMES.strip().splitlines():
        iso, names = line.split(" ", 1)
        codes[iso.lower()] = iso
        codes |= {_bare(name): iso for name in names.split("; ")}
    return codes


def _bare(text: str) -> str:
    return fold(text).replace("&", "and").replace(".", "")
