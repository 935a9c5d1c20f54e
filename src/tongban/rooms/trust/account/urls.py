"""Addresses of the account."""

from importlib import import_module

from django.conf import settings
from django.urls import path

from tongban.rooms.trust.account.views import clients, doors, inbox, ledger, login, own, people, powers, proving, proxies, questions, security

app_name = "account"
urlpatterns = [
    path("login/", login.log_in, name="login"),
    path("logout/", login.log_out, name="logout"),
    path("language/", login.choose_language, name="language"),
    path("enterprise/", login.choose_enterprise, name="enterprise"),
    path("sms/", doors.sms, name="sms"),
    path("certificate/", doors.certificate, name="certificate"),
    path("own/security/certificate/", doors.register, name="new-certificate"),
    path("second/", proving.second, name="second"),
    path("prove/", proving.prove, name="prove"),
    path("passkey/options/", proving.options, name="passkey-options"),
    path("passkey/", proving.passkey, name="passkey"),
    path("own/security/", security.security, name="security"),
    path("own/security/totp/", security.totp, name="totp"),
    path("own/security/passkey/options/", security.passkey_options, name="new-passkey-options"),
    path("own/security/passkey/", security.passkey, name="new-passkey"),
    path("messages/", inbox.inbox, name="inbox"),
    path("own/", own.account, name="own"),
    path("own/access/", own.access, name="access"),
    path("acts/", ledger.acts, name="acts"),
    path("acts/<int:entry>/proof/", ledger.proof, name="proof"),
    path("proof/", ledger.check, name="check"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<str:client>/", clients.client, name="client"),
    path("own/consents/", clients.consents, name="consents"),
    path("own/access/why/", questions.ask, name="ask-why"),
    path("questions/", questions.questions, name="questions"),
    path("own/proxies/", proxies.proxies, name="proxies"),
    path("own/ward/", proxies.ward, name="ward"),
    path("own/cancel/", proxies.cancel, name="cancel"),
    path("people/asked/", proxies.asked, name="asked"),
    path("powers/", powers.powers, name="powers"),
    path("reviews/", powers.reviews, name="reviews"),
    path("reviews/<int:review>/", powers.review, name="review"),
    path("why/", powers.why, name="why"),
    path("people/", people.people, name="people"),
    path("people/<int:account>/", people.person, name="person"),
]
if settings.DEMO:
    personas = import_module("tongban.rooms.trust.account.views.personas")
    urlpatterns.append(path("persona/<slug:username>/", personas.become, name="persona"))
