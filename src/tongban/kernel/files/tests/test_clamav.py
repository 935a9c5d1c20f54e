"""A real clamd with signatures of our own: plain, inside a ZIP, and what is harmless."""

import io
import shutil
import subprocess
import time
import zipfile

import pytest

from tongban.config import province
from tongban.kernel.files import commands, scanners
from tongban.kernel.files.models import Quarantined
from tongban.lib.sample import sample_pdf

MARK = b"TONGBAN-OWN-TEST-SIGNATURE-2016"
pytestmark = pytest.mark.skipif(shutil.which("clamd") is None, reason="no clamd on this machine: apt-get install clamav-daemon")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    """Our own database of one signature; no network, no freshclam."""
    folder = tmp_path_factory.mktemp("clamd")
    folder.chmod(0o755)
    (folder / "own.ndb").write_text(f"Tongban.Test.Own:0:*:{MARK.hex()}\n")
    address = folder / "clamd.sock"
    (folder / "clamd.conf").write_text(f"DatabaseDirectory {folder}\nLocalSocket {address}\nForeground yes\nStreamMaxLength 25M\nLogFile {folder}/log\n")
    process = subprocess.Popen(["clamd", "--config-file", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not address.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    yield str(address)
    process.terminate()
    process.wait(20)


def test_harmless_content_passes(clamd):
    scanners.ClamAV(clamd).scan(sample_pdf("合成数据"))


def test_our_signature_is_found_plain_and_zipped(clamd):
    with pytest.raises(scanners.Malware) as found:
        scanners.ClamAV(clamd).scan(b"%PDF-1.7\n" + MARK)
    assert found.value.signature == "Tongban.Test.Own.UNOFFICIAL"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", MARK)
    with pytest.raises(scanners.Malware):
        scanners.ClamAV(clamd).scan(held.getvalue())


@pytest.mark.django_db
def test_an_upload_goes_to_quarantine(clamd, settings, own_data):
    settings.CLAMAV_SOCKET = clamd
    body = b"%PDF-1.7\n" + MARK
    with pytest.raises(scanners.Malware):
        commands.keep_file(province.citizen("zhang", enterprise=False), name="发票.pdf", stream=io.BytesIO(body), size=len(body))
    assert Quarantined.objects.get().name == "发票.pdf"
