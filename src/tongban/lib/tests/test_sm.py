"""National cryptography against the standards' worked examples."""

import gmssl_pyx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import sm
from tongban.lib.sm import libcrypto
from tongban.lib.sm.sm2 import Party, Unsupported

needs_libcrypto = pytest.mark.skipif(not libcrypto.version(), reason="no libcrypto with SM2 on this machine")


def test_sm3_worked_examples():
    """GB/T 32905-2016, annex A."""
    assert sm.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm.sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm3_of_parts_is_sm3_of_the_whole():
    assert sm.sm3(b"a", b"bc") == bytes.fromhex(sm.sm3_hex(b"abc"))


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_what_is_sealed_opens(text, bound):
    key = b"0123456789abcdef"
    assert sm.unseal(key, sm.seal(key, text, bound_to=bound), bound_to=bound) == text


@given(st.integers(0, 60))
def test_a_changed_bit_does_not_open(place):
    key = b"0123456789abcdef"
    sealed = bytearray(sm.seal(key, b"some words that matter, forty bytes long"))
    sealed[place] ^= 1
    with pytest.raises(sm.Tampered):
        sm.unseal(key, bytes(sealed))


def test_sealed_for_one_thing_does_not_open_as_another():
    key = b"0123456789abcdef"
    with pytest.raises(sm.Tampered):
        sm.unseal(key, sm.seal(key, b"x", bound_to=b"a"), bound_to=b"b")


def test_sm4_worked_example():
    """GB/T 32907-2016, A.1: one block; counter mode of zeros shows it."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    assert sm.ctr(key, key, bytes(16)).hex() == "681edf34d206965e86b3e94f536e4246"


@given(st.binary(max_size=100))
def test_cbc_and_ctr_open_what_they_closed_and_gmssl_agrees(text):
    key, counter = b"0123456789abcdef", b"fedcba9876543210"
    closed = sm.cbc_close(key, text)
    assert sm.cbc_open(key, closed) == text
    assert gmssl_pyx.sm4_cbc_padding_decrypt(key, closed[:16], closed[16:]) == text
    assert sm.ctr(key, counter, sm.ctr(key, counter, text)) == text
    if text:
        assert sm.ctr(key, counter, text) == gmssl_pyx.sm4_ctr_encrypt(key, counter, text)


@pytest.mark.parametrize("closed", [b"", b"short", bytes(16), bytes(31), bytes(48)])
def test_what_is_no_cbc_is_told(closed):
    with pytest.raises(sm.Tampered):
        sm.cbc_open(b"0123456789abcdef", closed)


# GB/T 32918.5-2017: the keys of annexes A to C
SIGNER = sm.SigningKey(
    bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"),
    bytes.fromhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"),
)
ALICE = sm.SigningKey(
    bytes.fromhex("81EB26E941BB5AF16DF116495F90695272AE2CD63D6C4AE1678418BE48230029"),
    bytes.fromhex("160E12897DF4EDB61DD812FEB96748FBD3CCF4FFE26AA6F6DB9540AF49C942324A7DAD08BB9A459531694BEB20AA489D6649975E1BFCF8C4741B78B4B223007F"),
)
BOB = sm.SigningKey(
    bytes.fromhex("785129917D45A9EA5437A59356B82338EAADDA6CEB199088F14AE10DEFA229B5"),
    bytes.fromhex("6AE848C57C53C7B1B5FA99EB2286AF078BA64C64591B8B566F7357D576F16DFBEE489D771621A27B36C5C7992062E9CD09A9264386F3FBEA54DFF69305621C4D"),
)


def der(*numbers):
    """A DER sequence of whole numbers, or of the octets given."""
    parts = b""
    for one in numbers:
        if isinstance(one, int):
            raw = one.to_bytes((one.bit_length() // 8) + 1, "big")
            parts += b"\x02" + bytes([len(raw)]) + raw
        else:
            parts += b"\x04" + bytes([len(one)]) + one
    return b"\x30" + (bytes([len(parts)]) if len(parts) < 128 else b"\x81" + bytes([len(parts)])) + parts


def test_sm2_signature_of_the_worked_example_is_good():
    """GB/T 32918.5-2017, A.2."""
    r = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    s = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    assert sm.verify(SIGNER.public, b"message digest", der(r, s))
    assert not sm.verify(SIGNER.public, b"message digest", der(r, s + 1))
    assert not sm.verify(SIGNER.public, b"message digest", der(r, s), identity=b"another")


def test_sm2_ciphertext_of_the_worked_example_opens():
    """GB/T 32918.5-2017, C.2."""
    x = 0x04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73
    y = 0xE858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0
    check = bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766")
    text = bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA")
    assert sm.decrypt(SIGNER, der(x, y, check, text)) == b"encryption standard"


@needs_libcrypto
def test_sm2_key_agreement_of_the_worked_example():
    """GB/T 32918.5-2017, B.2: both sides reach the same 128 bits."""
    fresh_a = fresh("D4DE15474DB74D06491C440D305E012400990F3E390C7E87153C12DB2EA60BB3")
    fresh_b = fresh("7E07124814B309489125EAED101113164EBF0F3458C5BD88335C1F9D596243D6")
    key = "6c89347354de2484c60b4ab1fde4c6e5"
    assert sm.agree(ALICE, fresh_a, Party(BOB.public, fresh_b.public), size=16, initiator=True).hex() == key
    assert sm.agree(BOB, fresh_b, Party(ALICE.public, fresh_a.public), size=16, initiator=False).hex() == key


def fresh(private):
    """The key pair of a private number."""
    return sm.SigningKey(bytes.fromhex(private), libcrypto.public_of(bytes.fromhex(private)))


@needs_libcrypto
def test_agreement_with_a_point_off_the_curve_is_refused():
    with pytest.raises(ValueError, match="curve"):
        sm.agree(ALICE, sm.SigningKey.generate(), Party(BOB.public, b"\1" * 64), size=16, initiator=True)


@pytest.fixture(params=["libcrypto", "GmSSL"])
def arithmetic(request, monkeypatch):
    """Both providers, whatever the machine would choose."""
    if request.param == "GmSSL":
        monkeypatch.setattr(libcrypto, "version", lambda: "")
    elif not libcrypto.version():
        pytest.skip("no libcrypto with SM2 on this machine")
    return request.param


class TestSigning:
    def test_a_signature_holds_for_its_message_its_key_and_its_signer_only(self, arithmetic):
        key = sm.SigningKey.generate()
        signature = key.sign(b"licence", identity=b"office")
        assert sm.provider().startswith("OpenSSL" if arithmetic == "libcrypto" else "GmSSL")
        assert sm.verify(key.public, b"licence", signature, identity=b"office")
        assert not sm.verify(key.public, b"licenc3", signature, identity=b"office")
        assert not sm.verify(key.public, b"licence", signature)
        assert not sm.verify(SIGNER.public, b"licence", signature, identity=b"office")
        assert sm.SigningKey.from_bytes(key.to_bytes()) == key

    @pytest.mark.parametrize("signature", [b"", b"nonsense", b"\x30\x06\x02\x01\x00\x02\x01\x00", bytes(200)])
    def test_what_is_no_signature_is_simply_not_good(self, arithmetic, signature):
        assert not sm.verify(SIGNER.public, b"licence", signature)

    @pytest.mark.parametrize("public", [b"", b"short", b"\1" * 64, bytes(64)])
    def test_what_is_no_key_verifies_nothing(self, arithmetic, public):
        assert not sm.verify(public, b"licence", SIGNER.sign(b"licence"))

    def test_long_and_empty_messages(self, arithmetic):
        for message in (b"", bytes(1_000_000)):
            assert sm.verify(SIGNER.public, message, SIGNER.sign(message))


class TestEncryption:
    @pytest.mark.parametrize("size", [1, 16, 32, 200])
    def test_opens_for_its_key_only(self, arithmetic, size):
        text = bytes(range(256))[:size]
        closed = sm.encrypt(ALICE.public, text)
        assert sm.decrypt(ALICE, closed) == text
        with pytest.raises(sm.Tampered):
            sm.decrypt(BOB, closed)

    def test_one_changed_byte_is_noticed(self, arithmetic):
        closed = bytearray(sm.encrypt(ALICE.public, b"sixteen byte key"))
        closed[-1] ^= 1
        with pytest.raises(sm.Tampered):
            sm.decrypt(ALICE, bytes(closed))

    @pytest.mark.parametrize("closed", [b"", b"nonsense", bytes(100)])
    def test_nonsense_is_told(self, arithmetic, closed):
        with pytest.raises(sm.Tampered):
            sm.decrypt(ALICE, closed)


@needs_libcrypto
def test_what_one_provider_made_the_other_takes(monkeypatch):
    made = SIGNER.sign(b"both ways"), sm.encrypt(ALICE.public, b"both ways")
    monkeypatch.setattr(libcrypto, "version", lambda: "")
    assert sm.verify(SIGNER.public, b"both ways", made[0])
    assert sm.decrypt(ALICE, made[1]) == b"both ways"
    back = SIGNER.sign(b"both ways"), sm.encrypt(ALICE.public, b"both ways")
    monkeypatch.undo()
    assert sm.verify(SIGNER.public, b"both ways", back[0])
    assert sm.decrypt(ALICE, back[1]) == b"both ways"


def test_the_fallback_says_what_it_cannot(monkeypatch):
    monkeypatch.setattr(libcrypto, "version", lambda: "")
    with pytest.raises(Unsupported, match="libcrypto"):
        sm.agree(ALICE, SIGNER, Party(BOB.public, BOB.public), size=16, initiator=True)


def test_a_key_pair_of_another_length_is_refused():
    with pytest.raises(ValueError, match="96"):
        sm.SigningKey.from_bytes(bytes(95))


@needs_libcrypto
def test_many_agreements_and_signatures_leave_the_memory_of_the_library_whole():
    """Objects of the library are freed with ours: neither too early, which crashes, nor never."""
    for _n in range(200):
        one, two = sm.SigningKey.generate(), sm.SigningKey.generate()
        left = sm.agree(ALICE, one, Party(BOB.public, two.public), size=32, initiator=True)
        assert left == sm.agree(BOB, two, Party(ALICE.public, one.public), size=32, initiator=False)
        assert sm.verify(one.public, b"x", one.sign(b"x"))
