"""Names for the demo. Addresses end in `.example`, telephone numbers are from the range the German
regulator keeps for films (Bundesnetzagentur, Mitteilung 148/2021): nobody real is reached."""

FIRST = (
    "Mara Henrik Katrin Tomasz Amira Lukas Pieter Sofia Noor Elif Jonas Aylin Oskar Jule Emil "
    "Clara Matteo Ingrid Piotr Zeynep Anton Helena Marek Lotte Bruno Selma Viktor Nadia Felix "
    "Greta Milan Astrid Janek Leila Hannes Paula Stefan Irina Ruben Carla Malte Fatima Leon "
    "Wiebke Kasper Alma Dirk Yara Sven Ilse"
).split()
LAST = (
    "Lindqvist Aas Vogel Zieliński Haddad Brandt Graaf Marchetti Jansen Kaya Weber Demir Nyberg "
    "Kramer Falk Winter Rossi Dahl Nowak Yılmaz Keller Berg Novák Visser Conti Öztürk Horn Saleh "
    "Maurer Lang Petrov Holm Wójcik Amiri Peters Sommer Krüger Sokolov Blum Serra Thomsen Nasser "
    "Frank Petersen Lund Roth Schubert Moreno Eriksen Bauer"
).split()
COMPANY_STEM = (
    "Nordhafen Bergland Veldhuis Warta Delta Trasporti Isar Havel Fjord Kanaal Alpen Küsten Ruhr "
    "Elbe Danubia Polder Silesia Adria Rheintal Ostsee Moldau Vesuv Malmö Jura Taunus Linden "
    "Weser Spree Bodensee Harz"
).split()
COMPANY_KIND = {
    "Logistics": ("Logistik", "Spedition", "Cargo", "Transport", "Koeriers"),
    "Retail": ("Märkte", "Handel", "Stores"),
    "Food": ("Frische", "Foods", "Getränke"),
    "Manufacturing": ("Werke", "Maschinen", "Metall"),
    "Construction": ("Bau", "Beton"),
    "Consulting": ("Consulting", "Partner"),
    "Education": ("Akademie", "Hochschule"),
}
INDUSTRY_WEIGHTS = {
    "Logistics": 26,
    "Retail": 12,
    "Food": 10,
    "Manufacturing": 24,
    "Construction": 14,
    "Consulting": 8,
    "Education": 6,
}
PLACES = (
    ("Hamburg", "DE", 9),
    ("Bremen", "DE", 6),
    ("Köln", "DE", 6),
    ("München", "DE", 6),
    ("Leipzig", "DE", 4),
    ("Wien", "AT", 5),
    ("Zürich", "CH", 4),
    ("Rotterdam", "NL", 6),
    ("Antwerpen", "BE", 3),
    ("København", "DK", 3),
    ("Göteborg", "SE", 3),
    ("Poznań", "PL", 4),
    ("Milano", "IT", 3),
    ("Lyon", "FR", 3),
)
ROLES = (
    # role, function, seniority, weight
    ("Head of Operations", "Operations", "Head", 5),
    ("Operations Manager", "Operations", "Manager", 6),
    ("Fleet Manager", "Operations", "Manager", 6),
    ("COO", "Operations", "C-level", 2),
    ("Managing Director", "Management", "C-level", 4),
    ("Owner", "Management", "C-level", 3),
    ("Head of Logistics", "Logistics", "Head", 4),
    ("Dispatcher", "Logistics", "Staff", 16),
    ("Planning Lead", "Logistics", "Manager", 5),
    ("IT Manager", "IT", "Manager", 12),
    ("Purchasing Manager", "Purchasing", "Manager", 10),
    ("Controller", "Finance", "Staff", 10),
    ("Student", "", "", 8),
    ("Consultant", "Consulting", "Staff", 9),
)
FREE_MAIL = ("gmail.com", "gmx.de", "web.de", "outlook.com")

WISHES = (
    "We run {vehicles} vehicles out of {depots} depots and lose about a fifth of our kilometres "
    "empty. Can someone call me before Friday?",
    "Our planning still happens in a spreadsheet. We want to see how {vehicles} vehicles look in "
    "your tool.",
    "The peak is coming and dispatch is at its limit. What would it cost for {vehicles} vehicles?",
    "We compare three suppliers until the end of the month. Please send a price for {depots} "
    "depots.",
    "Our contract with the present supplier ends soon. I would like to understand what a change "
    "means for {vehicles} vehicles.",
    "Drivers complain about late changes. Can your planning react during the day?",
)
