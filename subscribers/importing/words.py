"""What columns are called, and how people stand, in the languages of our readers.

English, French, Spanish, Russian, Arabic and Chinese; what stands between letters (spaces, ``_``,
``-``, ``.``) is left out before a name is looked up, so "E-mail address" is "emailaddress". Names
of columns stand here in small letters and without it.
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
        *("status", "state", "standing", "subscriptionstatus", "subscriptionstate"),
        *("memberstatus", "subscriberstatus", "emailstatus", "contactstatus", "optinstatus"),
        *("statut", "état", "etat", "étatdelabonnement", "statutdelabonnement", "statutabonné"),
        *("estado", "estatus", "estadodelasuscripción", "estadodesuscripción", "situación"),
        *("статусподписки", "статус", "состояние", "статусподписчика"),
        *("حالةالاشتراك", "الحالة", "حالة", "حالةالمشترك"),
        *("订阅状态", "状态", "訂閱狀態", "狀態"),
    ),
}
# Also what a part of a country or a civil state is called: a column with such a name is one of
# standing if a cell of the sample is a word of standing.
SHARED_HEADERS = frozenset({"state", "état", "etat", "estado", "situación", "состояние"})

# How people stand, by the name of the standing, in the same six languages. The first word of each
# is the one that a refused row names. Accents, hyphens and small or large letters don't matter.
STANDINGS: dict[str, tuple[str, ...]] = {
    "active": (
        *("subscribed", "active", "confirmed", "enabled", "member", "subscriber", "opted in"),
        *("opt in", "abonné", "abonnée", "inscrit", "inscrite", "actif", "confirmé"),
        *("confirmée", "membre", "suscrito", "suscrita", "suscriptor", "suscriptora", "activo"),
        *("activa", "confirmado", "confirmada", "miembro", "inscrito", "inscrita", "alta"),
        *("подписан", "подписана", "подписчик", "активен", "активна", "активный", "активная"),
        *("подтверждён", "подтверждена", "участник"),
        *("مشترك", "مشتركة", "نشط", "نشطة", "مؤكد", "مؤكدة", "مفعل", "عضو"),
        *("已订阅", "订阅", "订阅中", "活跃", "已确认", "已激活", "成员", "会员", "已訂閱", "訂閱"),
    ),
    "waiting": (
        *("pending", "unconfirmed", "waiting", "not confirmed", "awaiting confirmation"),
        *("en attente", "non confirmé", "non confirmée", "à confirmer"),
        *("pendiente", "sin confirmar", "no confirmado", "no confirmada", "en espera"),
        *("ожидает", "ожидает подтверждения", "в ожидании", "не подтверждён", "не подтверждена"),
        *("قيد الانتظار", "معلق", "معلقة", "غير مؤكد", "غير مؤكدة", "بانتظار التأكيد"),
        *("待确认", "未确认", "等待确认", "等待中", "待確認", "未確認"),
    ),
    "left": (
        *("unsubscribed", "unsubscribe", "opted out", "opt out", "inactive", "archived"),
        *("disabled", "left", "deactivated", "cancelled", "canceled", "removed", "deleted"),
        *("withdrawn", "désabonné", "désabonnée", "désinscrit", "désinscrite", "inactif"),
        *("résilié", "résiliée", "supprimé", "supprimée", "archivé", "archivée", "parti", "partie"),
        *("dado de baja", "dada de baja", "baja", "desuscrito", "desuscrita", "inactivo"),
        *("inactiva", "cancelado", "cancelada", "eliminado", "eliminada", "archivado", "archivada"),
        *("отписан", "отписана", "отписался", "отписалась", "неактивен", "неактивна"),
        *("неактивный", "неактивная", "отключён", "отключена", "удалён", "удалена", "в архиве"),
        *("ألغى الاشتراك", "ألغت الاشتراك", "إلغاء الاشتراك", "ملغى الاشتراك", "ملغى", "ملغي"),
        *("غير نشط", "غير نشطة", "غير مفعل", "منسحب", "محذوف", "مؤرشف"),
        *(
            "已退订",
            "退订",
            "取消订阅",
            "已取消订阅",
            "已取消",
            "不活跃",
            "非活跃",
            "停用",
            "已停用",
        ),
        *("已禁用", "已删除", "已归档", "已退訂", "退訂", "取消訂閱", "已取消訂閱"),
    ),
    "blocked": (
        *("blocked", "bounced", "cleaned", "complained", "blacklisted", "blocklisted", "banned"),
        *("suppressed", "bounce", "hard bounce", "hard bounced", "abuse", "abuse complaint"),
        *("complaint", "spam complaint", "spam", "marked as spam", "invalid", "undeliverable"),
        *("bloqué", "bloquée", "sur liste noire", "liste noire", "plainte", "indésirable"),
        *("nettoyé", "nettoyée", "rejeté", "rejetée", "abus", "invalide"),
        *("bloqueado", "bloqueada", "rebotado", "rebotada", "rebote", "queja", "abuso"),
        *("en lista negra", "lista negra", "inválido", "inválida"),
        *("заблокирован", "заблокирована", "жалоба", "пожаловался", "пожаловалась", "спам"),
        *("в чёрном списке", "чёрный список", "не доставлено", "недействителен"),
        *("محظور", "محظورة", "مرتد", "مرتدة", "شكوى", "إساءة", "بريد مزعج", "القائمة السوداء"),
        *("已屏蔽", "屏蔽", "已拉黑", "黑名单", "退信", "已退信", "投诉", "已投诉", "垃圾邮件"),
        *("滥用", "已清理", "无效", "已封鎖", "黑名單", "投訴", "垃圾郵件"),
    ),
}
# Known, but nobody who asked for the bulletin.
NO_READERS = (
    *("moderator", "owner", "transactional", "non member", "nonmember"),
    *("non-subscribed", "not subscribed", "non-subscriber", "never subscribed"),
    *("non abonné", "non abonnée", "non inscrit", "non inscrite", "no suscrito", "no suscrita"),
    *("не подписан", "не подписана", "غير مشترك", "غير مشتركة", "未订阅", "非订阅者", "未訂閱"),
)
# Words of standing that other columns have too, such as one of orders or of posts.
DOUBTFUL = (
    *("pending", "waiting", "en attente", "pendiente", "en espera", "ожидает", "в ожидании"),
    *("قيد الانتظار", "معلق", "معلقة", "等待中", "left", "archived", "disabled", "cancelled"),
    *("canceled", "removed", "deleted", "withdrawn", "résilié", "résiliée", "supprimé"),
    *("supprimée", "archivé", "archivée", "parti", "partie", "baja", "cancelado", "cancelada"),
    *("eliminado", "eliminada", "archivado", "archivada", "отключён", "отключена", "удалён"),
    *("удалена", "в архиве", "ملغى", "ملغي", "محذوف", "مؤرشف", "已取消", "停用", "已停用"),
    *("已禁用", "已删除", "已归档", "abuse", "spam", "invalid", "complaint", "bounce", "plainte"),
    *("rejeté", "rejetée", "abus", "invalide", "rebote", "queja", "abuso", "inválido"),
    *("inválida", "жалоба", "спам", "недействителен", "شكوى", "إساءة", "投诉", "滥用", "无效"),
    *("投訴", "moderator", "owner", "transactional", "non member", "nonmember"),
)
