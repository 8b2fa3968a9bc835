"""Families of texts that intruders send, sign with and hide, told by what the words mean together.

A family is never one phrase. It needs a word from each of several groups of meaning (a plight, and money, and
haste), so that it holds whatever the exact wording, and so that ordinary mail which shares one of the words
does not match. The groups hold words in English first and then, as far as they go, German, French, Spanish,
Portuguese, Italian and Dutch. The tables are our own; what they cover follows the FBI's yearly reports on
business e-mail compromise and the founding document's examples.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plain:
    """A text made plain, with the set of its words."""

    text: str
    words: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Plain:
        """Make a text plain; see `plain_text`."""
        plain = plain_text(text)
        return cls(plain, frozenset(_WORD.findall(plain)))


@dataclass(frozen=True, slots=True)
class Group:
    """A group of meaning.

    Looking for hundreds of phrases in every message of a mailbox takes seconds; looking first whether their
    words are there at all takes next to none.

    Attributes:
        pattern: Finds any of its words and phrases.
        singles: Whole words that are phrases by themselves.
        phrases: For each longer phrase, the whole words in it.
        stems: Beginnings of words, for phrases that hold no whole word.
        signs: First characters of what begins with no letter.
    """

    pattern: re.Pattern[str]
    singles: frozenset[str]
    phrases: tuple[frozenset[str], ...]
    stems: tuple[str, ...]
    signs: frozenset[str]

    def is_in(self, plain: Plain) -> bool:
        """Say whether a text holds a word of this group."""
        return self._may_be_in(plain) and self.pattern.search(plain.text) is not None

    def count_in(self, plain: Plain) -> int:
        """Say how often a text holds words of this group."""
        return len(self.pattern.findall(plain.text)) if self._may_be_in(plain) else 0

    def _may_be_in(self, plain: Plain) -> bool:
        if not self.singles.isdisjoint(plain.words):
            return True
        if any(phrase <= plain.words for phrase in self.phrases):
            return True
        if self.stems and any(word.startswith(self.stems) for word in plain.words):
            return True
        return any(sign in plain.text for sign in self.signs)


def _any(*words: str) -> Group:
    """A group of meaning: any of these words or stems; a * lets a word go on."""
    lettered = [word for word in sorted(words, key=len, reverse=True) if word[0].isalnum()]
    others = [word for word in words if not word[0].isalnum()]
    inside = "|".join(_stem(word) for word in lettered)
    whole = {word: frozenset(_WHOLE_WORD.findall(word)) for word in lettered}
    return Group(
        pattern=re.compile("|".join([rf"\b(?:{inside})", *(_stem(word) for word in others)])),
        singles=frozenset(next(iter(found)) for found in whole.values() if len(found) == 1),
        phrases=tuple(found for found in whole.values() if len(found) > 1),
        stems=tuple(sorted({_BEGINNING.findall(word)[0] for word, found in whole.items() if not found})),
        signs=frozenset(word[0] for word in others),
    )


# A word that may go on, or next to an apostrophe that may be left out, need not stand in a text like this.
_WHOLE_WORD: Final = re.compile(r"(?<![\w'])\w+(?![\w*'])")
_BEGINNING: Final = re.compile(r"\w+")


def _stem(word: str) -> str:
    pattern = re.escape(word.rstrip("*")).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    # An apostrophe may be straight, typographic or left out.
    pattern = pattern.replace("'", "['’‘`]?")
    return pattern if word.endswith("*") else pattern + r"(?!\w)"


_INVISIBLE: Final = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_LOOK_ALIKES: Final = str.maketrans("аеорсухіјѕԁһкмтвнαορν", "aeopcyxijsdhkmtbhaopv")
_WORD: Final = re.compile(r"\w+")
_FOREIGN_WORD: Final = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_LATIN: Final = re.compile(r"[a-z]")


def plain_text(text: str) -> str:
    """Bring a text into one case, without invisible signs and disguised letters.

    Cyrillic and Greek letters that look like Latin ones are read as Latin only in words that mix the two.
    """
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
    return _FOREIGN_WORD.sub(lambda word: _undisguised(word[0]), folded)


def _undisguised(word: str) -> str:
    return word.translate(_LOOK_ALIKES) if _LATIN.search(word) else word


# --- groups of meaning ---------------------------------------------------------------------------------

PLIGHT = _any(
    "stuck", "stranded", "mugged", "robbed", "robbery", "lost my wallet", "lost my passport", "stole my",
    "my bag was stolen", "wallet and passport", "passport and wallet", "hospital bill*", "unable to get home",
    "can't leave the hotel", "hotel won't let", "held at the airport", "terrible situation",
    "awful situation", "gestrandet", "ausgeraubt", "beraubt", "überfallen", "meine tasche wurde gestohlen",
    "bloqué* à", "agressé*", "volé mon", "me suis fait voler", "varado", "varada", "me robaron",
    "me asaltaron", "atracado", "preso em", "fui assaltad*", "bloccato a", "bloccata a", "derubat*",
    "gestrand", "beroofd",
)  # fmt: skip
ABROAD = _any(
    "in london", "in madrid", "in manila", "in paris", "in istanbul", "in limassol", "in kiev", "in dubai",
    "in cyprus", "in spain", "in the philippines", "in turkey", "in ukraine", "in malaysia", "abroad",
    "overseas", "foreign country", "out of the country", "vacation", "holiday", "embassy", "consulate",
    "passport", "flight", "hotel bill*", "trip", "airport", "im ausland", "botschaft", "à l'étranger",
    "ambassade", "en el extranjero", "embajada", "no exterior", "embaixada", "all'estero", "ambasciata",
    "in het buitenland", "ambassade",
)  # fmt: skip
MONEY_PLEA = _any(
    "send money", "send me money", "send me some money", "lend me", "loan me", "borrow", "wire me",
    "wire the money", "need some cash", "need money", "need cash", "western union", "moneygram", "money gram",
    "money transfer", "financial help", "financial assistance", "help me out with", "quick loan",
    "pay you back", "pay back", "refund you", "reimburse you", "transfer me", "can you spare", "any amount",
    "geld schicken", "geld leihen", "brauche geld", "schick* mir", "zahle es zurück", "envoyer de l'argent",
    "envoie-moi", "prêter", "rembourser*", "enviar dinero", "envíame", "prestar*", "te lo devuelvo",
    "enviar dinheiro", "emprestar", "inviare denaro", "mandarmi", "prestito", "geld sturen", "geld lenen",
)  # fmt: skip
HASTE = _any(
    "urgent*", "asap", "as soon as possible", "right away", "immediately", "quickly", "at once", "today",
    "now", "before close of business", "before noon", "time sensitive", "time-sensitive", "in a hurry",
    "dringend", "sofort", "heute noch", "tout de suite", "au plus vite", "urgence", "urgente*", "hoy mismo",
    "inmediat*", "hoje", "subito", "immediat*", "spoed", "zo snel mogelijk", "priority", "24 hours",
    "48 hours", "72 hours",
)  # fmt: skip
SECRECY = _any(
    "keep this between us", "between us", "don't tell", "do not tell", "keep it confidential",
    "strictly confidential", "surprise", "don't call", "do not call", "can't talk", "cannot talk",
    "can't take calls", "in a meeting", "no calls", "i am in a conference", "vertraulich", "nicht anrufen",
    "confidentiel*", "ne m'appelle*", "confidencial", "no me llames", "riservat*", "vertrouwelijk",
    "keep this private", "reply by email only", "phone is not working", "phone is broken", "lost my phone",
    "can't be reached by phone",
)  # fmt: skip
GIFT_CARD = _any(
    "gift card*", "giftcard*", "itunes card*", "apple card*", "steam card*", "google play card*",
    "amazon card*", "ebay card*", "vanilla card*", "sephora card*", "razer gold", "prepaid card*",
    "gutschein*", "geschenkkarte*", "carte* cadeau*", "carte* itunes", "tarjeta* regalo",
    "tarjeta* de regalo", "cartão* presente", "cartões presente", "carte regalo", "carta regalo",
    "buoni regalo", "cadeaukaart*", "cadeaubon*", "neosurf", "transcash", "pcs card*",
)  # fmt: skip
BUY = _any(
    "buy", "purchase", "pick up", "get some", "get me", "need you to get", "procure", "purchasing",
    "run an errand", "go to the store", "nearest store", "besorg*", "kaufen", "kauf*", "achete*", "achète*",
    "comprar", "compra*", "acquistare", "compri", "kopen", "koop", "besorgen",
)  # fmt: skip
CARD_CODES = _any(
    "scratch", "the codes", "codes on the back", "card codes", "code on the back", "pin on the back",
    "the pins", "redemption code*", "photo of the back", "picture of the back", "pictures of the card*",
    "send me the code*", "email me the code*", "take a picture", "snap a picture", "reimburse*",
    "pay you back", "freirubbeln", "codes", "gratte*", "les codes", "rascar", "los códigos", "os códigos",
    "grattare", "i codici", "krassen", "de codes", "denomination*", "$100 each", "$200 each", "$500 each",
)  # fmt: skip
BANK_DETAILS = _any(
    "bank details", "banking details", "bank account", "bank information", "banking information",
    "account details", "wire instructions", "wiring instructions", "remittance details", "payment details",
    "payment instructions", "beneficiary", "iban", "swift code", "routing number", "sort code",
    "ach information", "ach details", "bank coordinates", "bankverbindung", "kontodaten", "kontoverbindung",
    "bankdaten", "coordonnées bancaires", "rib", "datos bancarios", "cuenta bancaria", "dados bancários",
    "conta bancária", "coordinate bancarie", "dati bancari", "bankgegevens", "rekeningnummer",
    "bank rekening",
)  # fmt: skip
CHANGED = _any(
    "changed", "has changed", "have changed", "new bank", "new account", "new banking", "updated",
    "update our", "update your", "update my", "change my", "change of", "change our", "changing", "switched",
    "no longer valid", "no longer use", "no longer in use", "under audit", "being audited", "is frozen",
    "old account", "previous account", "instead of", "different account", "neue bank*", "neues konto",
    "geändert", "haben sich geändert", "nouveau compte", "nouvelles coordonnées", "ont changé",
    "changement de", "modifié*", "nueva cuenta", "han cambiado", "cambiado", "nova conta", "mudaram",
    "alterad*", "nuovo conto", "nuove coordinate", "cambiat*", "nieuwe bank*", "gewijzigd*",
    "nieuw rekening*",
)  # fmt: skip
PAY = _any(
    "payment*", "pay the", "paid to", "remit*", "wire", "transfer", "invoice*", "outstanding", "settle",
    "settlement", "funds", "deposit", "zahlung*", "überweis*", "rechnung*", "paiement*", "virement*",
    "facture*", "pago*", "transferencia*", "factura*", "pagamento*", "transferência*", "fatura*", "bonifico",
    "fattura*", "betaling*", "overmaken", "factuur", "facturen",
)  # fmt: skip
TO_THEM = _any(
    "please", "kindly", "going forward", "from now on", "all future", "future payments", "use the", "bitte",
    "ab sofort", "künftig", "veuillez", "merci de", "dorénavant", "por favor", "a partir de", "si prega",
    "d'ora in poi", "gelieve", "vanaf nu", "can you", "could you", "i would like", "i'd like", "i want",
    "i need",
)  # fmt: skip
PAYROLL = _any(
    "direct deposit", "payroll", "paycheck", "paycheque", "pay check", "salary", "wages", "my pay",
    "pay stub", "next pay date", "pay period", "gehalt*", "lohn*", "salaire", "paie", "nómina", "salario",
    "salário", "folha de pagamento", "stipendio", "busta paga", "salaris", "loon",
)  # fmt: skip
SHARED_FILE = _any(
    "shared a file", "shared a document", "shared a folder", "shared document", "shared file",
    "secure document", "secured document", "encrypted document", "secure message", "encrypted message",
    "protected document", "document for your review", "documents for your review", "review the document",
    "review and sign", "docusign", "e-sign*", "proposal document", "rfp", "remittance advice", "fax message",
    "voice message", "voicemail", "scanned document", "onedrive document", "sharepoint document", "dropbox",
    "adobe document", "confidential file", "freigegeben* dokument", "dokument freigegeben",
    "vertrauliches dokument", "document partagé", "document sécurisé", "documento compartido",
    "documento seguro", "documento compartilhado", "documento condiviso", "gedeeld document",
)  # fmt: skip
SIGN_IN = _any(
    "sign in with your", "log in with your", "login with your", "sign in to view", "log in to view",
    "login to view", "your email and password", "email and password", "your work email", "email credentials",
    "your credentials", "verify your identity", "verify your email", "confirm your identity",
    "enter your password", "office 365 login", "authenticate to", "to access the file",
    "access the document with", "professional email", "select your email provider", "mit ihrem passwort",
    "melden sie sich an", "identifiez-vous", "vos identifiants", "inicie sesión", "su contraseña",
    "faça login", "sua senha", "accedi con", "la tua password", "meld u aan", "uw wachtwoord",
)  # fmt: skip
CLICK = _any(
    "click", "link below", "here to view", "view document", "open document", "view file", "access document",
    "follow the link", "open the link", "download the", "klicken", "unten stehenden link", "cliquez",
    "lien ci-dessous", "haga clic", "enlace", "clique", "link abaixo", "clicca", "klik", "via this link",
    "http://*", "https://*",
)  # fmt: skip
ACCOUNT_TROUBLE = _any(
    "mailbox is full", "mailbox is almost full", "storage is full", "quota", "will be suspended",
    "has been suspended", "will be deactivated", "deactivated", "will be closed", "will expire",
    "password expires", "password has expired", "password expiry", "unusual sign-in", "unusual activity",
    "account termination", "pending messages", "undelivered messages", "messages on hold", "held messages",
    "account will be", "mailbox upgrade", "ihr konto wird", "postfach ist voll", "votre compte sera",
    "boîte pleine", "su cuenta será", "sua conta será", "il tuo account", "uw account wordt",
)  # fmt: skip
EXTORTION = _any(
    "your webcam", "your camera", "recorded you", "recorded a video", "compromising", "adult site*",
    "adult website*", "hacked your", "infected your", "malware on your", "your contacts will",
    "send the video", "expose you", "full access to your device", "deine webcam", "ihre kamera",
    "votre webcam", "tu cámara", "sua câmera", "la tua webcam",
)  # fmt: skip
CRYPTO = _any(
    "bitcoin*", "btc", "ethereum", "usdt", "crypto", "cryptocurrenc*", "crypto wallet", "wallet address",
    "kryptowährung*", "cryptomonnaie*", "criptomoneda*", "criptomoeda*", "criptovalut*",
)  # fmt: skip
RETURNS = _any(
    "guaranteed return*", "guaranteed profit*", "double your", "triple your", "return on investment of",
    "daily profit*", "weekly profit*", "risk free", "risk-free", "invest as little", "minimum investment",
    "start earning", "passive income", "huge profit*", "% per week", "% weekly", "% daily",
    "garantierte rendite", "profit garanti", "ganancias garantizadas",
)  # fmt: skip
PRIZE = _any(
    "you have won", "you won", "winning number", "lottery", "sweepstake*", "unclaimed fund*", "inheritance",
    "next of kin", "compensation fund", "beneficiary of", "late client", "donation of", "lotterie",
    "gewonnen", "erbschaft", "loterie", "héritage", "lotería", "herencia", "loteria", "herança", "lotteria",
    "eredità", "loterij", "erfenis",
)  # fmt: skip
CLAIM = _any(
    "claim", "contact the agent", "contact our agent", "processing fee", "release fee", "transfer fee",
    "your full name", "reply with your", "send your details", "percent of the", "million", "beanspruchen",
    "réclamer", "reclamar", "reivindicar", "reclamare", "private email",
)  # fmt: skip
PARCEL = _any(
    "parcel", "package could not be delivered", "your package", "shipment", "delivery attempt", "customs fee",
    "paket", "colis", "paquete", "encomenda", "pacco", "pakket",
)  # fmt: skip
SMALL_FEE = _any(
    "customs fee", "redelivery fee", "delivery fee", "shipping fee", "pay the fee", "small fee",
    "reschedule your delivery", "confirm your address", "zollgebühr*", "frais de douane", "tasa de aduana",
    "taxa alfandegária", "spese doganali", "douanekosten",
)  # fmt: skip
AVAILABLE = _any(
    "are you available", "are you free", "are you at your desk", "are you in the office", "are you there",
    "you around", "quick favor", "quick favour", "small favor", "small favour", "a favor", "a favour",
    "quick task", "quick request", "need your help with something", "got a moment", "got a minute",
    "do you have a minute", "bist du da", "sind sie erreichbar", "kurze aufgabe", "es-tu disponible",
    "êtes-vous disponible", "estás disponible", "está disponível", "sei disponibile", "ben je beschikbaar",
)  # fmt: skip
OPENER_TURN = _any(
    "reply by email", "only by email", "respond via email", "text me", "your cell number", "your cell phone",
    "your mobile number", "your personal number", "whatsapp number", "can't talk", "cannot talk",
    "in a meeting", "no calls", "can't take calls", "let me know if you are available", "antworte per mail",
    "ta numéro", "tu número", "seu número", "il tuo numero", "je nummer", "via email only", "through email",
)  # fmt: skip
DRUGS = _any(
    "viagra", "cialis", "levitra", "xanax", "tramadol", "oxycodone", "hydrocodone", "adderall", "valium",
    "ambien", "phentermine", "ozempic", "semaglutide", "modafinil", "prescription drug*", "prescription med*",
    "no prescription", "without prescription", "online pharmacy", "canadian pharmacy", "cheap pills",
    "cheap meds", "discount meds", "rezeptfrei", "sans ordonnance", "sin receta", "sem receita",
    "senza ricetta", "zonder recept",
)  # fmt: skip
SELL = _any(
    "buy", "order", "cheap*", "discount*", "% off", "lowest price*", "shop", "worldwide shipping", "ship*",
    "delivered to", "visit", "http*", "www.*", "click", "online", "kaufen", "bestellen", "acheter", "comprar",
    "comprare", "kopen",
)  # fmt: skip
BANK = _any(
    "bank", "banking", "credit union", "loan", "loans", "mortgage", "credit line", "paypal", "wells fargo",
    "barclays", "kredit", "darlehen", "prêt", "préstamo*", "empréstimo*", "prestiti", "lening*", "banco",
    "banque", "banca",
)  # fmt: skip
BANK_LURE = _any(
    "verify your account", "confirm your account", "account verification", "secure your account",
    "unlock your account", "update your account", "log in to your account", "login to your account",
    "your account has been", "instant approval", "no credit check", "guaranteed approval", "low interest",
    "apply now", "pre-approved", "preapproved", "konto bestätigen", "konto verifizieren",
    "vérifiez votre compte", "verifique su cuenta", "verifique sua conta", "verifica il tuo conto",
    "bad credit", "verify your identity", "online verification", "claim your",
)  # fmt: skip
SUPPORT = _any(
    "technical support", "tech support", "microsoft support", "windows support", "support hotline",
    "help desk hotline", "customer care", "support team", "refund department", "geek squad", "norton",
    "mcafee", "technischer support", "support technique", "soporte técnico", "suporte técnico",
    "assistenza tecnica",
)  # fmt: skip
CALL_US = _any(
    "toll free", "toll-free", "call now", "call immediately", "call us now", "call +*", "1-8*", "+1 8*",
    "1 (8*", "24/7", "remote assistance", "anydesk", "teamviewer", "your computer", "rufen sie", "appelez",
    "llame", "ligue", "chiamate", "bel nu",
)  # fmt: skip
WARNING = _any(
    "phishing", "awareness", "beware", "scammer*", "scam", "scams", "fraudster*", "hoax", "impersonat*",
    "never ask you", "do not reply to", "don't reply to", "report it to", "report them to", "was hacked",
    "been hacked", "was compromised", "security training", "fake email*", "fake mail*", "not from me",
    "betrugsversuch", "hameçonnage", "arnaque", "suplantación", "golpe", "truffa", "oplichting",
)  # fmt: skip
NEWSLETTER = _any(
    "unsubscribe", "view in browser", "manage your preferences", "mailing list", "newsletter", "abbestellen",
    "abmelden", "désabonner", "désinscrire", "darse de baja", "cancelar inscrição", "annulla iscrizione",
    "afmelden",
)  # fmt: skip
RAFFLE = _any(
    "raffle", "prize draw", "employee of the month", "survey", "thank you gift", "team prize", "staff draw",
    "giveaway", "verlosung", "tombola", "sorteo", "sorteio", "lotteria aziendale", "loting",
    "anniversary reward", "appreciation day",
)  # fmt: skip
BOOKING = _any(
    "booking reference", "booking confirmation", "reservation number", "confirmation number", "check-in",
    "itinerary", "buchungsnummer", "numéro de réservation", "número de reserva", "numero di prenotazione",
    "boekingsnummer",
)  # fmt: skip


# --- families ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of text.

    Attributes:
        id: Its name, snake case.
        name: Its name for people.
        groups: It takes a word from each of these groups of meaning.
        alternatives: Further ways to match: each is a tuple of groups that must all be there.
        unless: It is none when one of these is there.
    """

    id: str
    name: str
    groups: tuple[Group, ...]
    alternatives: tuple[tuple[Group, ...], ...] = ()
    unless: tuple[Group, ...] = ()

    def matches(self, plain: Plain) -> bool:
        """Say whether a text belongs to the family."""
        ways = (self.groups, *self.alternatives)
        if not any(all(group.is_in(plain) for group in way) for way in ways):
            return False
        return not any(group.is_in(plain) for group in self.unless)


STRANDED = Family(
    "stranded_traveller",
    "stranded traveller who needs money",
    (PLIGHT, MONEY_PLEA),
    alternatives=((ABROAD, MONEY_PLEA, HASTE),),
    unless=(BOOKING,),
)
GIFT_CARDS = Family(
    "gift_cards",
    "gift cards to be bought and their codes sent",
    (GIFT_CARD, BUY, CARD_CODES),
    alternatives=((GIFT_CARD, BUY, SECRECY), (GIFT_CARD, CARD_CODES, HASTE)),
    unless=(RAFFLE,),
)
BANK_CHANGE = Family("bank_details", "changed bank details", (BANK_DETAILS, CHANGED, PAY, TO_THEM))
PAYROLL_CHANGE = Family(
    "payroll",
    "salary to be paid into another account",
    (PAYROLL, BANK_DETAILS, CHANGED),
    alternatives=(
        (PAYROLL, CHANGED, TO_THEM, _any("account", "bank", "konto", "compte", "cuenta", "conta", "conto")),
    ),
)
INVOICE_FRAUD = Family(
    "invoice_fraud",
    "pressure to pay secretly and at once",
    (
        PAY,
        HASTE,
        SECRECY,
        _any("wire", "transfer", "überweis*", "virement*", "transferencia*", "bonifico", "overmaken"),
    ),
)
SHARED_LURE = Family(
    "shared_file_lure",
    "shared document that asks for a password",
    (SHARED_FILE, SIGN_IN, CLICK),
)
CREDENTIAL_LURE = Family(
    "credential_lure",
    "mailbox trouble that asks for a password",
    (ACCOUNT_TROUBLE, CLICK, HASTE),
    alternatives=((ACCOUNT_TROUBLE, SIGN_IN, CLICK),),
)
BLACKMAIL = Family("extortion", "blackmail over an alleged recording or intrusion", (EXTORTION, CRYPTO))
CRYPTO_RETURNS = Family("crypto", "cryptocurrency with promised gains", (CRYPTO, RETURNS))
LOTTERY = Family("lottery", "prize, inheritance or fund to be claimed", (PRIZE, CLAIM))
PARCEL_FEE = Family("parcel", "parcel that waits for a fee", (PARCEL, SMALL_FEE, CLICK))
OPENER = Family("opener", "opening line that asks for a favour by mail only", (AVAILABLE, OPENER_TURN))
BANK_NOTICE = Family("bank_notice", "changed bank details", (BANK_DETAILS, CHANGED, TO_THEM))
PHARMACY = Family("pharmacy", "drugs without prescription", (DRUGS, SELL))
FALSE_BANK = Family("false_bank", "false bank or loan offer", (BANK, BANK_LURE))
SUPPORT_SCAM = Family("support_scam", "false technical support", (SUPPORT, CALL_US))

SENT_FAMILIES: Final = (
    STRANDED,
    GIFT_CARDS,
    BLACKMAIL,
    LOTTERY,
    CRYPTO_RETURNS,
    PHARMACY,
    PARCEL_FEE,
    BANK_CHANGE,
    PAYROLL_CHANGE,
    INVOICE_FRAUD,
    SHARED_LURE,
    CREDENTIAL_LURE,
    OPENER,
)
"""What hacked accounts send, the families without an honest use first."""

SIGNATURE_FAMILIES: Final = (BANK_NOTICE, FALSE_BANK, PHARMACY, CRYPTO_RETURNS, SUPPORT_SCAM, LOTTERY)
"""What is put under every mail of a hacked account."""


_QUOTE_STARTS: Final = re.compile(
    r"^\s*(?:>|-{2,}\s*(?:original|forwarded|ursprüngliche|message d'origine|mensaje original"
    r"|messaggio originale)"
    r"|_{10,}|(?:from|von|de|da|van)\s*:\s.+@?.*$(?=\s*\n\s*(?:sent|gesendet|envoyé|enviado|inviato"
    r"|verzonden|date|datum|to|an|à|para)\s*:)"
    r"|(?:on|am|le|el|em|il|op)\s.{6,120}\b(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto"
    r"|schreef)\b.{0,60}:\s*$)",
    re.IGNORECASE | re.MULTILINE,
)


def own_words(text: str) -> str:
    """The part of a message above what it quotes; the quoted scam in an answer is not the writer's."""
    quote = _QUOTE_STARTS.search(text)
    return text[: quote.start()] if quote else text


def families_in(text: str, families: Sequence[Family] = SENT_FAMILIES) -> tuple[Family, ...]:
    """Which families a text belongs to; one that warns of scams, or tells of having been hacked, to none."""
    plain = Plain.of(text)
    if WARNING.count_in(plain) >= 2 or _ABOUT_SCAMS.is_in(plain):
        return ()
    return tuple(family for family in families if family.matches(plain))


_ABOUT_SCAMS: Final = _any("phishing", "awareness", "beware of", "scammers", "was hacked", "been hacked")


def is_newsletter(text: str) -> bool:
    """Say whether a text offers to be unsubscribed from, as mailings do and mail between people does not."""
    return NEWSLETTER.is_in(Plain.of(text))


# --- notices that an intruder wants nobody to see ------------------------------------------------------

_SECURITY_NOTICE: Final = (
    _any(
        "security alert", "security info*", "sign-in", "signin", "login", "log-in", "new device", "unusual",
        "suspicious", "verification code", "one-time code", "passcode", "multi-factor", "multifactor", "mfa",
        "two-factor", "2fa", "authenticator", "account recovery", "anmeldung", "sicherheits*", "connexion",
        "sécurité", "inicio de sesión", "seguridad", "segurança", "accesso", "sicurezza", "beveiligings*",
        "aanmelding",
    ),
    _any("password*", "passwort*", "kennwort*", "mot de passe", "contraseña*", "senha*", "wachtwoord*"),
)  # fmt: skip
_NOTICE_TURN: Final = _any(
    "alert*", "new", "unusual", "detected", "changed", "change", "reset", "added", "updated", "code",
    "attempt*", "was", "has been", "your", "warnung", "neu*", "geändert", "zurückgesetzt", "nouve*",
    "modifié*", "réinitialis*", "nuev*", "cambi*", "restablec*", "alterad*", "redefin*", "modificat*",
    "reimpost*", "gewijzigd", "nieuw*",
)  # fmt: skip
_PAYMENT_NOTICE: Final = _any(
    "direct deposit", "payroll", "bank details", "banking details", "bank account", "wire transfer",
    "remittance", "payment confirmation", "payment received", "payment failed", "bankverbindung",
    "überweisung", "coordonnées bancaires", "virement", "datos bancarios", "transferencia", "dados bancários",
    "coordinate bancarie", "bonifico", "bankgegevens",
)  # fmt: skip
_ABUSE_NOTICE: Final = _any(
    "phish*", "hacked", "spam from", "is this you", "is this real", "is this legit*", "did you send",
    "your account was", "undeliverable", "undelivered", "delivery has failed", "delivery status notification",
    "mail delivery failed", "returned mail", "unzustellbar", "non remis", "no se puede entregar",
    "non recapitabile", "onbestelbaar", "outbound spam", "restricted from sending",
)  # fmt: skip


def notice_kind(subject: str) -> str:
    """What kind of telling notice a subject line is: ``security``, ``payment``, ``complaint`` or ""."""
    plain = Plain.of(subject)
    security, password = _SECURITY_NOTICE
    if _ABUSE_NOTICE.is_in(plain):
        return "complaint"
    if (security.is_in(plain) or password.is_in(plain)) and _NOTICE_TURN.is_in(plain):
        return "security"
    return "payment" if _PAYMENT_NOTICE.is_in(plain) else ""


# --- subjects ------------------------------------------------------------------------------------------

_REPLY_MARK: Final = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|odp|vs|ref|res|rif|r|tr|fw|fwd|wg|rv|enc|i|vb|doorst)\s*(?:\[\d+\])?\s*:\s*)+",
    re.IGNORECASE,
)
_AUTOMATIC: Final = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)? ?reply|out of office|automatische antwort|abwesenheits\w*"
    r"|réponse automatique"
    r"|respuesta automática|resposta automática|risposta automatica|automatisch antwoord|automatiskt svar"
    r"|autosvar"
    r"|accepted|declined|tentative|new time proposed|canceled|cancelled|zugesagt|abgesagt|mit vorbehalt"
    r"|accepté|refusé"
    r"|provisoire|aceptado|rechazado|provisional|aceito|aceite|recusado|accettato|rifiutato|provvisorio"
    r"|geaccepteerd"
    r"|afgewezen|voorlopig|undeliverable|unzustellbar|non remis|delivery status notification|read|not read"
    r"|gelesen|lu|leído"
    r"|lido|letto|gelezen|recall|message recall\w*)\s*:",
    re.IGNORECASE,
)


def topic(subject: str) -> str:
    """A subject line without its reply and forward marks, in one case, for comparing."""
    return " ".join(_REPLY_MARK.sub("", subject).casefold().split())


def is_reply(subject: str) -> bool:
    """Say whether a subject line is an answer's or a forwarded message's."""
    return _REPLY_MARK.match(subject) is not None


def is_automatic(subject: str) -> bool:
    """Say whether Exchange writes such a subject line: an absence note, an answer to a meeting, a receipt."""
    return _AUTOMATIC.match(subject) is not None
