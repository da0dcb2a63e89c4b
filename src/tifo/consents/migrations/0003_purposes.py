"""The five purposes every house begins with, and the first version of their notices in four languages.

A house changes the wording by publishing a new version (consents.public.publish_notice), never here.
"""

import hashlib

from django.db import migrations
from django.utils import timezone

# key, legal class, confirmed by mail, {language: (name, what it is in a line, the notice as it is shown)}
PURPOSES = (
    (
        "newsletter",
        "marketing",
        True,
        {
            "en": (
                "Newsletter",
                "News of the event and the fan club, chosen for you.",
                "Yes, send me news of the event and its fan club by e-mail. We choose what we send by what you have told us you like. "
                "We use your e-mail address, your name, your language and your preferences for this, for as long as you stay subscribed. "
                "You can unsubscribe at any time with the link in each message, without signing in. "
                "By saying yes you confirm that you are old enough in your country to decide this yourself.",
            ),
            "fr": (
                "Lettre d’information",
                "Les nouvelles de l’événement et du club des fans, choisies pour vous.",
                "Oui, envoyez-moi par e-mail les nouvelles de l’événement et de son club des fans. Nous choisissons nos envois selon les goûts que vous nous avez indiqués. "
                "Nous utilisons pour cela votre adresse e-mail, votre nom, votre langue et vos préférences, tant que vous restez abonné. "
                "Vous pouvez vous désabonner à tout moment grâce au lien présent dans chaque message, sans vous connecter. "
                "En disant oui, vous confirmez avoir l’âge requis dans votre pays pour en décider vous-même.",
            ),
            "es": (
                "Boletín",
                "Noticias del evento y del club de aficionados, elegidas para ti.",
                "Sí, quiero recibir por correo electrónico noticias del evento y de su club de aficionados. Elegimos lo que enviamos según los gustos que nos has contado. "
                "Para ello usamos tu dirección de correo, tu nombre, tu idioma y tus preferencias, mientras sigas suscrito. "
                "Puedes darte de baja en cualquier momento con el enlace de cada mensaje, sin iniciar sesión. "
                "Al decir que sí confirmas que tienes la edad exigida en tu país para decidirlo por tu cuenta.",
            ),
            "ar": (
                "النشرة الإخبارية",
                "أخبار الحدث ونادي المشجعين، مختارة لك.",
                "نعم، أرسلوا إليّ أخبار الحدث ونادي مشجعيه بالبريد الإلكتروني. نختار ما نرسله بحسب ما أخبرتنا أنك تحبه. "
                "نستخدم لهذا الغرض عنوان بريدك الإلكتروني واسمك ولغتك وتفضيلاتك ما دمت مشتركًا. "
                "يمكنك إلغاء الاشتراك في أي وقت عبر الرابط الموجود في كل رسالة، دون تسجيل الدخول. "
                "بموافقتك تؤكد أنك بلغت السن التي تسمح لك في بلدك باتخاذ هذا القرار بنفسك.",
            ),
        },
    ),
    (
        "ticketing",
        "marketing",
        True,
        {
            "en": (
                "Ticket news",
                "When tickets go on sale, last seats and offers of the official ticket office.",
                "Yes, tell me by e-mail when tickets go on sale, when seats come back and what the official ticket office offers. "
                "We use your e-mail address, your name, your language, your preferences and the tickets you already hold, so that we do not offer you what you have. "
                "Messages that you need for a ticket you bought, such as a moved session, reach you in any case. "
                "You can unsubscribe at any time with the link in each message, without signing in. "
                "By saying yes you confirm that you are old enough in your country to decide this yourself.",
            ),
            "fr": (
                "Billetterie",
                "Ouvertures des ventes, dernières places et offres de la billetterie officielle.",
                "Oui, prévenez-moi par e-mail de l’ouverture des ventes, des places remises en vente et des offres de la billetterie officielle. "
                "Nous utilisons votre adresse e-mail, votre nom, votre langue, vos préférences et les billets que vous détenez déjà, afin de ne pas vous proposer ce que vous avez. "
                "Les messages nécessaires à un billet acheté, par exemple une session déplacée, vous parviennent dans tous les cas. "
                "Vous pouvez vous désabonner à tout moment grâce au lien présent dans chaque message, sans vous connecter. "
                "En disant oui, vous confirmez avoir l’âge requis dans votre pays pour en décider vous-même.",
            ),
            "es": (
                "Entradas",
                "Apertura de ventas, últimas plazas y ofertas de la taquilla oficial.",
                "Sí, avísame por correo electrónico cuando salgan entradas a la venta, cuando vuelva a haber plazas y de las ofertas de la taquilla oficial. "
                "Usamos tu dirección de correo, tu nombre, tu idioma, tus preferencias y las entradas que ya tienes, para no ofrecerte lo que ya posees. "
                "Los mensajes necesarios para una entrada comprada, como un cambio de sesión, te llegarán en todo caso. "
                "Puedes darte de baja en cualquier momento con el enlace de cada mensaje, sin iniciar sesión. "
                "Al decir que sí confirmas que tienes la edad exigida en tu país para decidirlo por tu cuenta.",
            ),
            "ar": (
                "أخبار التذاكر",
                "مواعيد طرح التذاكر، وآخر المقاعد، وعروض شباك التذاكر الرسمي.",
                "نعم، أخبروني بالبريد الإلكتروني عند طرح التذاكر للبيع وعند توفر مقاعد من جديد وبعروض شباك التذاكر الرسمي. "
                "نستخدم عنوان بريدك الإلكتروني واسمك ولغتك وتفضيلاتك والتذاكر التي لديك، حتى لا نعرض عليك ما تملكه. "
                "أما الرسائل الضرورية لتذكرة اشتريتها، كتغيير موعد جلسة، فتصلك في كل الأحوال. "
                "يمكنك إلغاء الاشتراك في أي وقت عبر الرابط الموجود في كل رسالة، دون تسجيل الدخول. "
                "بموافقتك تؤكد أنك بلغت السن التي تسمح لك في بلدك باتخاذ هذا القرار بنفسك.",
            ),
        },
    ),
    (
        "partner-offers",
        "marketing",
        True,
        {
            "en": (
                "Partners’ offers",
                "Offers of the event’s partners, sent by us: partners never receive your data.",
                "Yes, send me offers of the event’s partners by e-mail. We send them ourselves: no partner receives your address or anything else about you, "
                "only figures of groups in which nobody can be recognised. The partners are named on our site. "
                "We use your e-mail address, your name, your language and your preferences for this. "
                "You can unsubscribe at any time with the link in each message, without signing in. "
                "By saying yes you confirm that you are at least 18 years old.",
            ),
            "fr": (
                "Offres des partenaires",
                "Les offres des partenaires de l’événement, envoyées par nous : les partenaires ne reçoivent jamais vos données.",
                "Oui, envoyez-moi par e-mail les offres des partenaires de l’événement. C’est nous qui les envoyons : aucun partenaire ne reçoit votre adresse ni aucune autre donnée sur vous, "
                "seulement des chiffres de groupes dans lesquels personne n’est reconnaissable. Les partenaires sont nommés sur notre site. "
                "Nous utilisons pour cela votre adresse e-mail, votre nom, votre langue et vos préférences. "
                "Vous pouvez vous désabonner à tout moment grâce au lien présent dans chaque message, sans vous connecter. "
                "En disant oui, vous confirmez avoir au moins 18 ans.",
            ),
            "es": (
                "Ofertas de los patrocinadores",
                "Ofertas de los patrocinadores del evento, enviadas por nosotros: nunca reciben tus datos.",
                "Sí, quiero recibir por correo electrónico ofertas de los patrocinadores del evento. Las enviamos nosotros: ningún patrocinador recibe tu dirección ni ningún otro dato tuyo, "
                "solo cifras de grupos en los que nadie puede ser reconocido. Los patrocinadores figuran en nuestro sitio. "
                "Para ello usamos tu dirección de correo, tu nombre, tu idioma y tus preferencias. "
                "Puedes darte de baja en cualquier momento con el enlace de cada mensaje, sin iniciar sesión. "
                "Al decir que sí confirmas que tienes al menos 18 años.",
            ),
            "ar": (
                "عروض الشركاء",
                "عروض شركاء الحدث نرسلها نحن: لا يحصل الشركاء على بياناتك أبدًا.",
                "نعم، أرسلوا إليّ عروض شركاء الحدث بالبريد الإلكتروني. نحن من يرسلها: لا يحصل أي شريك على عنوانك ولا على أي معلومة أخرى عنك، "
                "بل على أرقام لمجموعات لا يمكن التعرّف فيها على أحد. أسماء الشركاء منشورة على موقعنا. "
                "نستخدم لهذا الغرض عنوان بريدك الإلكتروني واسمك ولغتك وتفضيلاتك. "
                "يمكنك إلغاء الاشتراك في أي وقت عبر الرابط الموجود في كل رسالة، دون تسجيل الدخول. "
                "بموافقتك تؤكد أن عمرك لا يقل عن 18 عامًا.",
            ),
        },
    ),
    (
        "tracking",
        "tracking",
        False,
        {
            "en": (
                "Opens and clicks",
                "Whether you open our messages and what you click, so that we send what interests you.",
                "Yes, you may note which of your messages I open and which links I follow, and learn from it what interests me. "
                "Without this consent our messages look the same and work the same; openings and clicks are then only counted, without your name. "
                "You see in your preferences what we learnt and from what, and can correct it or say no again at any time. "
                "By saying yes you confirm that you are at least 18 years old.",
            ),
            "fr": (
                "Ouvertures et clics",
                "Savoir si vous ouvrez nos messages et où vous cliquez, pour vous envoyer ce qui vous intéresse.",
                "Oui, vous pouvez noter quels messages j’ouvre et quels liens je suis, et en déduire ce qui m’intéresse. "
                "Sans cet accord, nos messages restent les mêmes et fonctionnent de la même façon ; les ouvertures et les clics sont alors seulement comptés, sans votre nom. "
                "Vous voyez dans vos préférences ce que nous avons appris et d’où, et pouvez le corriger ou dire non à tout moment. "
                "En disant oui, vous confirmez avoir au moins 18 ans.",
            ),
            "es": (
                "Aperturas y clics",
                "Saber si abres nuestros mensajes y dónde haces clic, para enviarte lo que te interesa.",
                "Sí, podéis anotar qué mensajes abro y qué enlaces sigo, y aprender de ello lo que me interesa. "
                "Sin este consentimiento los mensajes son los mismos y funcionan igual; las aperturas y los clics solo se cuentan, sin tu nombre. "
                "En tus preferencias ves qué hemos aprendido y de qué, y puedes corregirlo o decir que no en cualquier momento. "
                "Al decir que sí confirmas que tienes al menos 18 años.",
            ),
            "ar": (
                "الفتح والنقر",
                "معرفة هل تفتح رسائلنا وأين تنقر، لنرسل إليك ما يهمك.",
                "نعم، يمكنكم تسجيل الرسائل التي أفتحها والروابط التي أتبعها ومعرفة ما يهمني منها. "
                "من دون هذه الموافقة تبقى رسائلنا كما هي وتعمل كما هي، ولا يُحصى الفتح والنقر إلا من دون اسمك. "
                "ترى في تفضيلاتك ما عرفناه ومصدره، ويمكنك تصحيحه أو الرفض في أي وقت. "
                "بموافقتك تؤكد أن عمرك لا يقل عن 18 عامًا.",
            ),
        },
    ),
    (
        "research",
        "research",
        False,
        {
            "en": (
                "Surveys and studies",
                "Questionnaires about your visit, and figures about who the fans are.",
                "Yes, invite me by e-mail to questionnaires about the event, and use what I answer for studies. "
                "Results are published only as figures in which nobody can be recognised. Every answer is voluntary. "
                "We use your e-mail address, your language, the sessions you hold tickets for and your answers for this. "
                "You can say no again at any time with the link in each invitation, without signing in. "
                "By saying yes you confirm that you are old enough in your country to decide this yourself.",
            ),
            "fr": (
                "Enquêtes et études",
                "Des questionnaires sur votre visite, et des chiffres sur le public des fans.",
                "Oui, invitez-moi par e-mail à des questionnaires sur l’événement et utilisez mes réponses pour des études. "
                "Les résultats ne sont publiés que sous forme de chiffres dans lesquels personne n’est reconnaissable. Chaque réponse est facultative. "
                "Nous utilisons pour cela votre adresse e-mail, votre langue, les sessions pour lesquelles vous avez des billets et vos réponses. "
                "Vous pouvez dire non à tout moment grâce au lien présent dans chaque invitation, sans vous connecter. "
                "En disant oui, vous confirmez avoir l’âge requis dans votre pays pour en décider vous-même.",
            ),
            "es": (
                "Encuestas y estudios",
                "Cuestionarios sobre tu visita y cifras sobre quiénes son los aficionados.",
                "Sí, invitadme por correo electrónico a cuestionarios sobre el evento y usad mis respuestas para estudios. "
                "Los resultados se publican solo como cifras en las que nadie puede ser reconocido. Cada respuesta es voluntaria. "
                "Para ello usamos tu dirección de correo, tu idioma, las sesiones para las que tienes entradas y tus respuestas. "
                "Puedes decir que no en cualquier momento con el enlace de cada invitación, sin iniciar sesión. "
                "Al decir que sí confirmas que tienes la edad exigida en tu país para decidirlo por tu cuenta.",
            ),
            "ar": (
                "الاستبيانات والدراسات",
                "استبيانات عن زيارتك، وأرقام عن جمهور المشجعين.",
                "نعم، ادعوني بالبريد الإلكتروني إلى استبيانات عن الحدث واستخدموا إجاباتي في الدراسات. "
                "لا تُنشر النتائج إلا أرقامًا لا يمكن التعرّف فيها على أحد. وكل إجابة اختيارية. "
                "نستخدم لهذا الغرض عنوان بريدك الإلكتروني ولغتك والجلسات التي لديك تذاكر لها وإجاباتك. "
                "يمكنك الرفض في أي وقت عبر الرابط الموجود في كل دعوة، دون تسجيل الدخول. "
                "بموافقتك تؤكد أنك بلغت السن التي تسمح لك في بلدك باتخاذ هذا القرار بنفسك.",
            ),
        },
    ),
)


def _seed(apps, schema_editor):
    Purpose = apps.get_model("consents", "Purpose")
    Notice = apps.get_model("consents", "Notice")
    moment = timezone.now()
    for position, (key, legal_class, double_opt_in, texts) in enumerate(PURPOSES):
        Purpose.objects.create(
            key=key,
            legal_class=legal_class,
            double_opt_in=double_opt_in,
            position=position,
            names={language: name for language, (name, _, _) in texts.items()},
            descriptions={language: line for language, (_, line, _) in texts.items()},
        )
        Notice.objects.bulk_create(
            Notice(
                purpose_id=key,
                version=1,
                language=language,
                text=text,
                hash=hashlib.sha256(text.encode()).hexdigest(),
                published_at=moment,
            )
            for language, (_, _, text) in texts.items()
        )


class Migration(migrations.Migration):
    dependencies = [("consents", "0002_append_only")]

    operations = [migrations.RunPython(_seed, migrations.RunPython.noop)]
