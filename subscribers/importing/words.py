"""What columns are called in the languages of our readers, each name in small letters.

English, French, Spanish, Russian, Arabic and Chinese; what stands between letters (spaces, ``_``,
``-``, ``.``) is left out before a name is looked up, so "E-mail address" is "emailaddress".
"""

from __future__ import annotations

HEADERS: dict[str, tuple[str, ...]] = {
    "email": (
        *("email", "emailaddress", "mail", "mailaddress", "emailaddr"),
        *("adresseemail", "adressemail", "courriel", "adressecourriel", "adresseélectronique"),
        *("correo", "correoelectrónico", "correoelectronico", "direccióndecorreo"),
        *("direccióndecorreoelectrónico", "emaildelsuscriptor"),
        *("электроннаяпочта", "почта", "адресэлектроннойпочты", "эл.почта", "элпочта", "имейл"),
        *("البريدالإلكتروني", "البريدالالكتروني", "بريدإلكتروني", "عنوانالبريدالإلكتروني"),
        *("邮箱", "电子邮箱", "电子邮件", "邮件地址", "电子邮件地址", "邮箱地址", "電子郵件"),
    ),
    "name": (
        *("name", "fullname", "displayname", "subscribername"),
        *("nomcomplet", "nometprénom", "prénometnom"),
        *("nombrecompleto", "nombreyapellidos"),
        *("имя", "фио", "полноеимя", "имяифамилия"),
        *("الاسم", "الاسمالكامل", "اسم"),
        *("姓名", "名字", "名称", "全名"),
    ),
    "given_name": (
        *("firstname", "givenname", "forename", "fname"),
        *("prénom", "prenom", "nombre", "nombredepila", "имяличное", "الاسمالأول", "名"),
    ),
    "family_name": (
        *("lastname", "familyname", "surname", "lname"),
        *("nom", "nomdefamille", "apellido", "apellidos", "фамилия", "اسمالعائلة", "姓", "姓氏"),
    ),
    "language": (
        *("language", "lang", "locale", "preferredlanguage", "langue", "idioma", "lengua"),
        *("язык", "اللغة", "لغة", "语言", "語言"),
    ),
    "country": (
        *("country", "countrycode", "cc", "pays", "codepays", "país", "pais", "códigodepaís"),
        *("страна", "кодстраны", "البلد", "الدولة", "国家", "国家代码", "國家"),
    ),
    "time_zone": (
        *("timezone", "tz", "fuseaux", "fuseauhoraire", "zonahoraria", "husohorario"),
        *("часовойпояс", "المنطقةالزمنية", "时区", "時區"),
    ),
    "standing": (
        *("status", "subscriptionstatus", "memberstatus", "statut", "étatdelabonnement"),
        *("estadodelasuscripción", "статусподписки", "статус", "حالةالاشتراك", "订阅状态"),
    ),
}
