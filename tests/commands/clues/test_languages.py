"""Words of each language: changed bank details are told, honest invoices not, and rules by what they hide."""

from __future__ import annotations

import pytest

from commands import facts
from commands.clues.lures import families_in, sent_families
from commands.clues.phrases import Plain, group
from commands.clues.subject_lines import notice_kind
from commands.usual.folders import Hiding, hiding_of_name
from tests.each import each

CASES = {
    "sv": (
        "Våra bankuppgifter har ändrats. Vänligen betala fakturan till det nya kontot.",
        "Här kommer fakturan för oktober. Tack för ett gott samarbete.",
        "Ditt lösenord har ändrats",
    ),
    "da": (
        "Vores bankoplysninger er ændret. Venligst betal fakturaen til den nye konto, betaling i dag.",
        "Hermed faktura for oktober. Tak for samarbejdet.",
        "Din adgangskode er ændret",
    ),
    "nb": (
        "Våre bankopplysninger er endret. Vennligst betal fakturaen til den nye kontoen.",
        "Her er fakturaen for oktober. Takk for samarbeidet.",
        "Passordet ditt er endret",
    ),
    "fi": (
        "Pankkitietomme ovat muuttuneet. Pyydämme maksamaan laskun uudelle tilille.",
        "Liitteenä lokakuun lasku. Kiitos yhteistyöstä.",
        "Salasana on vaihdettu",
    ),
    "pl": (
        "Nasze dane bankowe uległy zmianie. Prosimy o zapłacenie faktury na nowy rachunek.",
        "W załączeniu faktura za październik. Dziękujemy za współpracę.",
        "Twoje hasło zostało zmienione",
    ),
    "cs": (
        "Naše bankovní údaje se změnily. Prosíme, fakturu uhraďte na nový účet.",
        "V příloze je faktura za říjen. Děkujeme za spolupráci.",
        "Vaše heslo bylo změněno",
    ),
    "sk": (
        "Naše bankové údaje sa zmenili. Prosíme, faktúru uhraďte na nový účet.",
        "V prílohe je faktúra za október. Ďakujeme za spoluprácu.",
        "Vaše heslo bolo zmenené",
    ),
    "hu": (
        "Bankszámlánk megváltozott. Kérjük, a számlát az új bankszámlaszámra fizessék.",
        "Mellékeljük az októberi számlát. Köszönjük az együttműködést.",
        "A jelszava megváltozott",
    ),
    "ro": (
        "Datele bancare s-au modificat. Vă rugăm să achitați factura în noul cont.",
        "Atașat găsiți factura pentru octombrie. Mulțumim pentru colaborare.",
        "Parola a fost schimbată, resetată",
    ),
    "el": (
        "Τα τραπεζικά στοιχεία μας έχουν αλλάξει. Παρακαλούμε για την πληρωμή στον νέο λογαριασμό.",
        "Σας στέλνουμε το τιμολόγιο Οκτωβρίου. Ευχαριστούμε για τη συνεργασία.",
        "Ο κωδικός άλλαξε",
    ),
    "tr": (
        "Banka bilgilerimiz değişti. Lütfen faturayı yeni hesaba ödeyin.",
        "Ekim ayı faturası ektedir. İş birliğiniz için teşekkürler.",
        "Şifreniz değiştirildi, yeni şifre",
    ),
    "ru": (
        "Наши банковские реквизиты изменились. Просим произвести оплату на новый счет.",
        "Направляем акт за октябрь к вашей оплате. Спасибо за сотрудничество.",
        "Ваш пароль изменен",
    ),
    "uk": (
        "Наші банківські реквізити змінилися. Просимо здійснити оплату на новий рахунок, реквізити змінено.",
        "Надсилаємо рахунок за жовтень. Дякуємо за співпрацю.",
        "Ваш пароль змінено",
    ),
    "ar": (
        "تم تغيير الحساب البنكي لشركتنا. يرجى دفع الفاتورة إلى الحساب الجديد.",
        "مرفق فاتورة شهر أكتوبر. شكرا لتعاونكم.",
        "تم تغيير كلمة المرور",
    ),
    "he": (
        "פרטי הבנק שלנו השתנו. אנא בצעו את התשלום לחשבון חדש.",
        "מצורפת חשבונית לחודש אוקטובר. תודה על שיתוף הפעולה.",
        "הסיסמה: סיסמה חדשה",
    ),
    "ja": (
        "弊社の振込先口座番号が変更になりました。請求書のお支払いは新しい口座にお願いします。",
        "十月分の請求書を添付します。ありがとうございます。",
        "パスワードが変更されました",
    ),
    "ko": (
        "당사 계좌번호가 변경되었습니다. 송장 대금은 새 계좌로 입금 부탁드립니다.",
        "10월 송장을 첨부합니다. 감사합니다.",
        "비밀번호가 변경되었습니다",
    ),
    "zh-Hans": (
        "我们的银行账户已变更,请将发票货款付到新账户。",
        "附上十月的发票,谢谢合作。",
        "您的密码已更改",
    ),
    "zh-Hant": (
        "我們的銀行帳戶已變更,請將發票貨款付到新帳戶。",
        "附上十月的發票,謝謝合作。",
        "您的密碼已變更",
    ),
    "th": (
        "บัญชีธนาคารของเราเปลี่ยนแล้ว กรุณาชำระเงินตามใบแจ้งหนี้ไปยังบัญชีใหม่",
        "แนบใบแจ้งหนี้เดือนตุลาคม ขอบคุณ",
        "รหัสผ่านถูกเปลี่ยน",
    ),
    "vi": (
        "Số tài khoản của chúng tôi đã thay đổi. Vui lòng thanh toán hóa đơn vào tài khoản mới.",
        "Gửi anh chị hóa đơn tháng mười. Cảm ơn.",
        "Mật khẩu đã thay đổi",
    ),
    "id": (
        "Rekening bank kami telah berubah. Mohon lakukan pembayaran faktur ke rekening baru.",
        "Terlampir faktur bulan Oktober. Terima kasih atas kerja samanya.",
        "Kata sandi Anda telah diubah",
    ),
}
"""By language: changed bank details, an honest invoice, and the subject of a notice."""


def test_the_languages_are_those_of_the_tables() -> None:
    told_with_the_symptom = {"en", "de", "fr", "es", "pt", "it", "nl"}
    assert set(CASES) | told_with_the_symptom == set(facts.phrases())


@pytest.mark.parametrize("language", CASES)
def test_changed_bank_details_are_told_in_every_language(language: str) -> None:
    assert "bank_details" in [one.id for one in families_in(CASES[language][0], sent_families())]


@pytest.mark.parametrize("language", CASES)
def test_an_honest_invoice_is_not_told_in_any_language(language: str) -> None:
    assert families_in(CASES[language][1], sent_families()) == ()


@pytest.mark.parametrize("language", CASES)
def test_a_notice_that_an_intruder_hides_is_known_in_every_language(language: str) -> None:
    assert notice_kind(CASES[language][2]) == "security"


@pytest.mark.parametrize("language", CASES)
@pytest.mark.parametrize("kind", ["rule_security", "rule_money", "rule_bounce"])
def test_a_rule_that_looks_for_such_a_word_is_known_in_every_language(language: str, kind: str) -> None:
    for phrase in each(facts.phrases()[language][kind].phrases):
        assert group(kind).is_in(Plain.of(f"xx {phrase.strip('*')}, re: 2026"))


@pytest.mark.parametrize(
    ("word", "about_money"),
    [
        ("faktura", True),
        ("Fakturor", True),
        ("FAKTURY", True),
        ("lasku", True),
        ("számla", True),
        ("請求書", True),
        ("发票", True),
        ("φάκελος", False),  # a folder
        ("kokous", False),  # a meeting
    ],
)
def test_words_for_an_invoice_are_about_money(word: str, about_money: bool) -> None:
    assert group("rule_money").is_in(Plain.of(word)) is about_money


INVOICE = {
    "ar": "فاتورة", "cs": "faktura", "da": "faktura", "de": "Rechnung", "el": "τιμολόγιο", "en": "invoice",
    "es": "factura", "fi": "lasku", "fr": "facture", "he": "חשבונית", "hu": "számla", "id": "faktur",
    "it": "fattura", "ja": "請求書", "ko": "청구서", "nb": "faktura", "nl": "factuur", "pl": "faktura",
    "pt": "fatura", "ro": "factură", "ru": "счет", "sk": "faktúra", "sv": "faktura", "th": "ใบแจ้งหนี้",
    "tr": "fatura", "uk": "рахунок", "vi": "hóa đơn", "zh-Hans": "发票", "zh-Hant": "發票",
}  # fmt: skip


@pytest.mark.parametrize("language", facts.phrases())
def test_a_rule_that_looks_for_invoices_looks_for_money_in_every_language(language: str) -> None:
    assert group("rule_money").is_in(Plain.of(INVOICE[language]))


FOLDERS = [
    ("Naptár", Hiding.CALENDAR),
    ("Wersje robocze", Hiding.DRAFTS),
    ("보낼 편지함", Hiding.OUTBOX),
    ("Elemente șterse", Hiding.DELETED),
    ("Takvim", Hiding.CALENDAR),
    ("连络", Hiding.NONE),
    ("Kalenteri 2024", Hiding.NONE),
    ("thư rác", Hiding.JUNK),
    ("алекс:\\Чернетки", Hiding.DRAFTS),
]


@pytest.mark.parametrize(("name", "kind"), FOLDERS)
def test_a_default_folder_is_known_by_its_name_in_the_mailboxs_language(name: str, kind: Hiding) -> None:
    assert hiding_of_name(name) is kind


@pytest.mark.parametrize(
    "subject",
    [
        "Ungewöhnliche Anmeldeaktivität",
        "Neue Anmeldemethode für Ihr Konto",
        "Sicherheitsinformationen hinzugefügt",
        "Actividad de inicio de sesión inusual",
        "Se agregó información de seguridad",
        "Connexion inhabituelle",
        "Informations de sécurité ajoutées",
        "Attività di accesso insolita",
        "Ongebruikelijke aanmeldingsactiviteit",
        "Atividade de início de sessão invulgar",
        "Ваш пароль был изменён",
        "Suspicious sign-in blocked",
    ],
)
def test_what_microsoft_writes_about_a_strange_sign_in_is_a_notice(subject: str) -> None:
    """Source: Microsoft Support, "What happens if there's an unusual sign-in", in these languages."""
    assert notice_kind(subject) == "security"


@pytest.mark.parametrize(
    "subject", ["Neue Sicherheitsschuhe", "Sicherheitsdatenblatt geändert", "Neue Preisliste"]
)
def test_what_a_building_site_writes_about_safety_is_none(subject: str) -> None:
    assert notice_kind(subject) == ""
