"""Other people's certified clients, unmodified: openid-client (vendored, needs node) and Apache's mod_auth_openidc (where installed)."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.test_group import free_port
from tongban.rooms.trust.account.tests.test_provider import BACK, Person, node, registered, token_of  # noqa: F401 - fixture

HERE = Path(__file__).parent
MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_openid_client_goes_the_whole_way(node):  # noqa: F811
    client, secret = registered()
    script = subprocess.Popen(["node", str(HERE / "openid_client.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def step(told):
        script.stdin.write(json.dumps(told) + "\n")
        script.stdin.flush()
        line = script.stdout.readline()
        assert line, script.stderr.read()
        return json.loads(line)

    try:
        person = Person(node, "wang")
        address = step({"issuer": node, "client": client.client_id, "secret": secret, "back": BACK})["address"]
        told = step({"landed": person.allow(address)})
    finally:
        script.kill()
    assert told["info"] == {"sub": told["claims"]["sub"], "name": "王合成"}
    assert (told["alive"], told["dead"], told["machine"]) == (True, False, True)
    left = person.session.get(told["leave"], allow_redirects=False)
    assert left.headers["Location"] == "https://licence.example/bye"


@pytest.mark.skipif(not (MODULE.exists() and shutil.which("apache2")), reason="apache2 with mod_auth_openidc is not installed")
def test_mod_auth_openidc_protects_a_page(node, tmp_path):  # noqa: F811
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    client, secret = registered(redirect_uris=[f"{here}/private/callback"], backchannel_uri="")
    (tmp_path / "www" / "private").mkdir(parents=True)
    (tmp_path / "www" / "private" / "index.html").write_text("内部页面")
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.getuid() and "pytest" in str(path):
            path.chmod(0o755)
    modules = "".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
        for name in ("mpm_prefork", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc")
    )
    config = f"""{modules}
ServerRoot {tmp_path}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {tmp_path}/pid
ErrorLog {tmp_path}/error.log
User www-data
Group www-data
DocumentRoot {tmp_path}/www
DirectoryIndex index.html
OIDCProviderMetadataURL {node}/.well-known/openid-configuration
OIDCClientID {client.client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {here}/private/callback
OIDCCryptoPassphrase test-passphrase-of-the-relying-party
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCCookieSameSite Off
OIDCRemoteUserClaim name
<Location /private>
  AuthType openid-connect
  Require valid-user
</Location>
"""
    (tmp_path / "apache.conf").write_text(config)
    server = subprocess.Popen(["apache2", "-X", "-f", str(tmp_path / "apache.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        person = Person(node, "wang")
        until = time.monotonic() + 15
        while True:
            try:
                away = person.session.get(f"{here}/private/", allow_redirects=False, timeout=15)
                break
            except requests.ConnectionError:
                assert server.poll() is None, server.stdout.read()
                assert time.monotonic() < until
                time.sleep(0.2)
        assert away.status_code == 302, away.text
        assert away.headers["Location"].startswith(f"{node}/oauth/authorize?")
        landed = person.session.get(person.allow(away.headers["Location"]), timeout=30)
        log = (tmp_path / "error.log").read_text() if (tmp_path / "error.log").exists() else ""
        assert landed.content.decode() == "内部页面", f"{landed.status_code} {re.sub('<[^>]+>', ' ', landed.text)[:300]} {log[-1500:]}"
    finally:
        server.terminate()
        server.wait(10)
