"""What firms of one country have in common: language, hour, networks, names, folders, and how they write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evaluation.world.networks import Network, Place


@dataclass(frozen=True, slots=True)
class Culture:
    """One country's way of working.

    Attributes:
        language: Its code, as in ``de``.
        offset: Hours ahead of UTC.
        here: Where the office is.
        elsewhere: Another city of the country, at least 150 km off.
        homes: Providers of fixed lines.
        carriers: Providers of mobile telephones.
        firms: Names of firms.
        given: Given names. `family`: Family names.
        subjects: What ordinary mail is about.
        money: What mail about payment is about.
        lure: Subjects that lead to a sign-in page.
        words: What a rule of an attacker looks for.
        folders: Inbox, sent, deleted, drafts, archive, RSS, junk, as Outlook names them.
    """

    language: str
    offset: int
    here: Place
    elsewhere: Place
    homes: tuple[Network, ...]
    carriers: tuple[Network, ...]
    firms: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    subjects: tuple[str, ...]
    money: tuple[str, ...]
    lure: tuple[str, ...]
    words: tuple[str, ...]
    folders: tuple[str, ...]


def _home(asn: int, operator: str, *prefixes: str) -> Network:
    return Network(asn, operator, "home", prefixes)


def _mobile(asn: int, operator: str, *prefixes: str) -> Network:
    return Network(asn, operator, "mobile", prefixes)


GERMAN: Final = Culture(
    "de",
    1,
    Place("DE", "Hanover", 52.37, 9.73),
    Place("DE", "Munich", 48.14, 11.58),
    (
        _home(3320, "Deutsche Telekom", "87.152.0.0/13", "91.0.0.0/11", "2003:c8::/32"),
        _home(3209, "Vodafone", "188.96.0.0/12", "88.64.0.0/12", "2a02:908::/36"),
        _home(8881, "1&1 Versatel", "94.134.0.0/15", "89.244.0.0/15"),
    ),
    (
        _mobile(3320, "Deutsche Telekom (mobile)", "80.187.64.0/18", "2a01:598::/32"),
        _mobile(3209, "Vodafone (mobile)", "109.40.0.0/14"),
        _mobile(6805, "Telefonica Germany", "176.0.0.0/13", "2a02:3030::/31"),
    ),
    ("Leinetal Logistik", "Hartmann Pumpen", "Weser Verlag"),
    ("Katrin", "Jonas", "Miriam", "Torsten", "Svenja", "Ole", "Beate", "Lukas", "Heike", "Emre"),
    ("Albers", "Brandt", "Dressler", "Ehlers", "Fromm", "Giese", "Hollmann", "Jansen", "Kessler", "Lohse"),
    ("Besprechung Montag", "AW: Liefertermin", "Protokoll", "Unterlagen", "WG: Angebot", "Schulung", "Reisekosten", "Kantine"),
    ("Rechnung 4711 neue Bankverbindung", "AW: Zahlung offen", "Mahnung Rechnung 2208"),
    ("Dokument zur Freigabe: bitte anmelden", "Ihr Kennwort läuft heute ab"),
    ("Rechnung", "Zahlung", "IBAN"),
    ("Posteingang", "Gesendete Elemente", "Gelöschte Elemente", "Entwürfe", "Archiv", "RSS-Feeds", "Junk-E-Mail"),
)  # fmt: skip

FRENCH: Final = Culture(
    "fr",
    1,
    Place("FR", "Lyon", 45.76, 4.84),
    Place("FR", "Nantes", 47.22, -1.55),
    (
        _home(3215, "Orange", "90.12.0.0/18", "86.192.0.0/11", "2a01:cb00::/30"),
        _home(12322, "Free", "82.64.0.0/14", "88.160.0.0/13", "2a01:e0a::/38"),
        _home(15557, "SFR", "77.128.0.0/13", "93.0.0.0/11"),
    ),
    (
        _mobile(3215, "Orange (mobile)", "92.184.96.0/19"),
        _mobile(51207, "Free Mobile", "37.164.0.0/14"),
        _mobile(5410, "Bouygues Telecom", "176.128.0.0/11"),
    ),
    ("Rivoire Textiles", "Atelier Combes", "Transports Vasseur"),
    ("Camille", "Julien", "Sandrine", "Antoine", "Mathilde", "Yacine", "Hélène", "Bruno", "Chloé", "Olivier"),
    ("Arnaud", "Blanchet", "Chevalier", "Delmas", "Fabre", "Garnier", "Jacquet", "Lemoine", "Marchand", "Perrin"),
    ("Réunion lundi", "RE: Livraison", "Compte rendu", "Documents", "TR: Devis", "Formation", "Notes de frais", "Planning"),
    ("Facture 3310 nouveau RIB", "RE: virement en attente", "Relance facture"),
    ("Document partagé : connectez-vous", "Votre mot de passe expire"),
    ("facture", "virement", "RIB"),
    ("Boîte de réception", "Éléments envoyés", "Éléments supprimés", "Brouillons", "Archive", "Flux RSS", "Courrier indésirable"),
)  # fmt: skip

BRITISH: Final = Culture(
    "en",
    0,
    Place("GB", "Leeds", 53.80, -1.55),
    Place("GB", "Bristol", 51.45, -2.59),
    (
        _home(2856, "BT", "86.128.0.0/14", "81.128.0.0/14", "2a00:23c4::/31"),
        _home(5089, "Virgin Media", "82.8.0.0/13", "86.0.0.0/12"),
    ),
    (_mobile(12576, "EE", "31.94.0.0/16"), _mobile(206067, "Three", "92.40.0.0/16")),
    ("Aire Valley Foods", "Holbeck Surveyors", "Ridgeway Timber"),
    ("Alison", "Gareth", "Priya", "Duncan", "Megan", "Callum", "Fiona", "Rhys", "Harriet", "Imran"),
    ("Atkins", "Bradley", "Crowther", "Dyson", "Fielding", "Garside", "Hirst", "Lister", "Naylor", "Pickles"),
    ("Monday meeting", "RE: Delivery date", "Minutes", "Paperwork", "FW: Quote", "Training", "Expenses", "Rota"),
    ("Invoice 8842 new bank details", "RE: payment outstanding", "Overdue invoice"),
    ("Shared document: sign in to view", "Your password expires today"),
    ("invoice", "payment", "remittance"),
    ("Inbox", "Sent Items", "Deleted Items", "Drafts", "Archive", "RSS Feeds", "Junk Email"),
)  # fmt: skip

AMERICAN: Final = Culture(
    "en",
    -5,
    Place("US", "Columbus", 39.96, -83.00),
    Place("US", "Denver", 39.74, -104.99),
    (
        _home(7922, "Comcast", "73.12.0.0/15", "98.200.0.0/14", "2601::/26"),
        _home(7018, "AT&T", "99.8.0.0/15"),
        _home(701, "Verizon", "108.20.0.0/15"),
    ),
    (_mobile(21928, "T-Mobile", "172.56.0.0/14", "2607:fb90::/39"), _mobile(22394, "Verizon Wireless", "174.192.0.0/11")),
    ("Scioto Precision", "Buckeye Dental Group", "Harlan Freight"),
    ("Ashley", "Brandon", "Denise", "Marcus", "Kelsey", "Trevor", "Renee", "Hector", "Whitney", "Curtis"),
    ("Abbott", "Boyd", "Calhoun", "Dawson", "Everett", "Gaines", "Hubbard", "Lowery", "Mayfield", "Pruitt"),
    ("Monday standup", "RE: Ship date", "Notes", "Paperwork", "FW: Estimate", "Training", "Expense report", "Schedule"),
    ("Invoice 5120 updated ACH details", "RE: wire transfer", "Past due invoice"),
    ("Shared file: sign in to view", "Password expires in 24 hours"),
    ("invoice", "wire", "ACH"),
    ("Inbox", "Sent Items", "Deleted Items", "Drafts", "Archive", "RSS Feeds", "Junk Email"),
)  # fmt: skip

SPANISH: Final = Culture(
    "es",
    1,
    Place("ES", "Valencia", 39.47, -0.38),
    Place("ES", "Bilbao", 43.26, -2.93),
    (_home(3352, "Telefonica de Espana", "83.32.0.0/11", "79.144.0.0/12", "88.0.0.0/11"),),
    (_mobile(12430, "Vodafone Spain", "77.208.0.0/14", "31.4.0.0/16"),),
    ("Cítricos Benimar", "Talleres Orduña", "Gestoría Alcina"),
    ("Lucía", "Álvaro", "Marta", "Sergio", "Nuria", "Iker", "Pilar", "Rubén", "Elena", "Javier"),
    ("Aguilar", "Benítez", "Cano", "Duarte", "Esteban", "Gallego", "Herrero", "Lozano", "Montero", "Pascual"),
    ("Reunión del lunes", "RE: Entrega", "Acta", "Documentación", "RV: Presupuesto", "Formación", "Gastos", "Turnos"),
    ("Factura 2217 nueva cuenta bancaria", "RE: transferencia pendiente", "Factura vencida"),
    ("Documento compartido: inicie sesión", "Su contraseña caduca hoy"),
    ("factura", "transferencia", "IBAN"),
    ("Bandeja de entrada", "Elementos enviados", "Elementos eliminados", "Borradores", "Archivo", "Fuentes RSS", "Correo no deseado"),
)  # fmt: skip

ITALIAN: Final = Culture(
    "it",
    1,
    Place("IT", "Bologna", 44.49, 11.34),
    Place("IT", "Bari", 41.12, 16.87),
    (_home(3269, "TIM", "79.0.0.0/11", "87.0.0.0/12"), _home(1267, "Wind Tre", "151.16.0.0/12"), _home(12874, "Fastweb", "93.32.0.0/12")),
    (_mobile(30722, "Vodafone Italia", "5.88.0.0/13"),),
    ("Ceramiche Savena", "Officine Reno", "Studio Galvani"),
    ("Giulia", "Matteo", "Chiara", "Davide", "Silvia", "Simone", "Paola", "Fabio", "Elisa", "Nicola"),
    ("Barbieri", "Caputo", "De Santis", "Ferrara", "Grassi", "Leone", "Marchetti", "Orlando", "Pellegrini", "Rinaldi"),
    ("Riunione lunedì", "R: Consegna", "Verbale", "Documenti", "I: Preventivo", "Corso", "Nota spese", "Turni"),
    ("Fattura 611 nuovo IBAN", "R: bonifico in sospeso", "Sollecito fattura"),
    ("Documento condiviso: accedi", "La password scade oggi"),
    ("fattura", "bonifico", "IBAN"),
    ("Posta in arrivo", "Posta inviata", "Posta eliminata", "Bozze", "Archivio", "Feed RSS", "Posta indesiderata"),
)  # fmt: skip

DUTCH: Final = Culture(
    "nl",
    1,
    Place("NL", "Utrecht", 52.09, 5.12),
    Place("NL", "Groningen", 53.22, 6.57),
    (_home(1136, "KPN", "77.160.0.0/15", "86.80.0.0/13", "84.80.0.0/16"),),
    (_mobile(50266, "Odido", "178.224.0.0/13", "31.20.0.0/15"),),
    ("Vechtstroom Techniek", "Lekkerkerk Bouw", "De Groot Advies"),
    ("Anouk", "Bram", "Femke", "Jeroen", "Lotte", "Sander", "Marieke", "Daan", "Ilse", "Wouter"),
    ("Bakker", "Dekker", "Evers", "Hendriks", "Kuipers", "Mulder", "Postma", "Schouten", "Terpstra", "Visser"),
    ("Overleg maandag", "RE: Levering", "Notulen", "Stukken", "FW: Offerte", "Cursus", "Declaratie", "Rooster"),
    ("Factuur 902 nieuw rekeningnummer", "RE: betaling open", "Herinnering factuur"),
    ("Gedeeld document: log in", "Uw wachtwoord verloopt vandaag"),
    ("factuur", "betaling", "IBAN"),
    ("Postvak IN", "Verzonden items", "Verwijderde items", "Concepten", "Archief", "RSS-feeds", "Ongewenste e-mail"),
)  # fmt: skip

POLISH: Final = Culture(
    "pl",
    1,
    Place("PL", "Łódź", 51.76, 19.46),
    Place("PL", "Gdańsk", 54.35, 18.65),
    (_home(5617, "Orange Polska", "83.4.0.0/14", "79.184.0.0/18"),),
    (_mobile(8374, "Polkomtel", "31.0.0.0/16"), _mobile(39603, "Play", "5.173.0.0/17")),
    ("Warta Meble", "Kancelaria Nowik", "Transbud Piast"),
    ("Agnieszka", "Bartosz", "Joanna", "Krzysztof", "Magda", "Paweł", "Ewa", "Tomasz", "Kinga", "Marek"),
    ("Adamski", "Borek", "Czajka", "Dudek", "Górski", "Jasiński", "Kubiak", "Lis", "Maj", "Sikora"),
    ("Spotkanie w poniedziałek", "ODP: Dostawa", "Notatka", "Dokumenty", "PD: Oferta", "Szkolenie", "Delegacja", "Grafik"),
    ("Faktura 77 nowy rachunek bankowy", "ODP: zaległa płatność", "Wezwanie do zapłaty"),
    ("Udostępniony dokument: zaloguj się", "Hasło wygasa dzisiaj"),
    ("faktura", "przelew", "rachunek"),
    ("Skrzynka odbiorcza", "Elementy wysłane", "Elementy usunięte", "Wersje robocze", "Archiwum", "Źródła danych RSS", "Wiadomości-śmieci"),
)  # fmt: skip

BRAZILIAN: Final = Culture(
    "pt",
    -3,
    Place("BR", "Curitiba", -25.43, -49.27),
    Place("BR", "Recife", -8.05, -34.88),
    (_home(27699, "Telefonica Brasil", "187.10.0.0/15", "187.58.0.0/15"), _home(28573, "Claro", "201.17.0.0/16")),
    (_mobile(26615, "TIM Brasil", "189.40.0.0/16"),),
    ("Iguaçu Alimentos", "Araucária Papéis", "Clínica Batel"),
    ("Ana Paula", "Bruno", "Camila", "Diego", "Fernanda", "Gustavo", "Juliana", "Leandro", "Patrícia", "Rafael"),
    ("Almeida", "Barros", "Cardoso", "Dias", "Freitas", "Guimarães", "Lacerda", "Moreira", "Nogueira", "Teixeira"),
    ("Reunião de segunda", "RES: Entrega", "Ata", "Documentos", "ENC: Orçamento", "Treinamento", "Reembolso", "Escala"),
    ("Nota fiscal 318 nova conta bancária", "RES: pagamento pendente", "Boleto vencido"),
    ("Documento compartilhado: faça login", "Sua senha expira hoje"),
    ("boleto", "pagamento", "nota fiscal"),
    ("Caixa de Entrada", "Itens Enviados", "Itens Excluídos", "Rascunhos", "Arquivo Morto", "RSS Feeds", "Lixo Eletrônico"),
)  # fmt: skip

JAPANESE: Final = Culture(
    "ja",
    9,
    Place("JP", "Nagoya", 35.18, 136.91),
    Place("JP", "Fukuoka", 33.59, 130.40),
    (_home(4713, "NTT", "153.128.0.0/10", "118.0.0.0/12"), _home(17676, "SoftBank", "60.64.0.0/10")),
    (_mobile(2516, "KDDI", "106.128.0.0/10"), _mobile(9605, "NTT Docomo", "49.98.0.0/20")),
    ("Atsuta Seiki", "Kiso Foods", "Minato Design"),
    ("Aiko", "Daichi", "Haruka", "Kenta", "Mayumi", "Naoki", "Rie", "Shota", "Yuka", "Takeshi"),
    ("Aoki", "Endo", "Fujita", "Harada", "Ishii", "Kato", "Mori", "Ogawa", "Sakai", "Ueda"),
    ("月曜会議", "RE: 納期の件", "議事録", "資料送付", "FW: 見積書", "研修のご案内", "経費精算", "シフト表"),
    ("請求書の振込先変更について", "RE: お支払いの件", "請求書再送"),
    ("共有ドキュメント：サインインしてください", "パスワードの有効期限のお知らせ"),
    ("請求書", "振込", "支払"),
    ("受信トレイ", "送信済みアイテム", "削除済みアイテム", "下書き", "アーカイブ", "RSS フィード", "迷惑メール"),
)  # fmt: skip

CULTURES: Final = (
    GERMAN, FRENCH, BRITISH, AMERICAN, SPANISH, ITALIAN, DUTCH, POLISH, BRAZILIAN, JAPANESE
)  # fmt: skip
