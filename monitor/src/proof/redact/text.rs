//! Text before TLS, or in place of it: words that protocols are made of stay, what people and programs put in does not.

/// What may stay. A word is what stands between white space and the marks of [`is_mark`].
const WORDS: &[&str] = &[
    // HTTP (RFC 9112), and the preface of HTTP/2.
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "PRI",
    "HTTP/1.0",
    "HTTP/1.1",
    "HTTP/2.0",
    "SM",
    // Mail, news, chat and file transfer.
    "EHLO",
    "HELO",
    "LHLO",
    "STARTTLS",
    "STLS",
    "CAPA",
    "CAPABILITY",
    "CAPABILITIES",
    "MODE",
    "READER",
    "CAP",
    "LS",
    "AUTH",
    "TLS",
    "SSL",
    "FEAT",
    "NOOP",
    "ID",
    "OK",
    "+OK",
    "BAD",
    "NO",
    "BYE",
    "ESMTP",
    "QUIT",
    // XMPP (RFC 6120 section 5).
    "?xml",
    "stream",
    "stream:stream",
    "stream:features",
    "features",
    "starttls",
    "proceed",
    "failure",
    "/stream:features",
    "starttls/",
    "proceed/",
    "xmlns",
    "xml",
    "version",
    "1.0",
    "required",
    "required/",
    "/starttls",
    "urn:ietf:params:xml:ns:xmpp-tls",
    "jabber:client",
    "jabber:server",
    "http://etherx.jabber.org/streams",
    "xmlns:stream",
    // SSH, and the PROXY protocol where it leads to nothing.
    "SSH",
    "PROXY",
    "UNKNOWN",
    "TCP4",
    "TCP6",
];

/// The longest header of the PROXY protocol in text.
const PROXY_TEXT: usize = 107;

/// Copies text to a place of the same length, masked; the first `proxy` bytes as they are.
pub(in crate::proof) fn mask(text: &[u8], proxy: usize, place: &mut [u8]) {
    if is_postgresql(text) {
        return keep(text, 8, place);
    }
    place.copy_from_slice(text);
    let mut at = proxy.min(text.len());
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| !is_mark(**byte)).count();
        let word = rest.get(..len).unwrap_or_default();
        let begins_line = at == 0 || text.get(at - 1) == Some(&b'\n');
        if !may_stay(word, begins_line)
            && let Some(place) = place.get_mut(at..at + len)
        {
            place.iter_mut().for_each(hide);
        }
        at += len.max(1);
    }
}

/// The PROXY protocol header at the beginning of a stream that is known to have one.
pub(in crate::proof) fn proxy_header(stream: &[u8]) -> usize {
    if stream.first() == Some(&b'P') {
        let line = stream.iter().take(PROXY_TEXT);
        return line
            .clone()
            .position(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
    }
    let len = stream.get(14..16).and_then(|len| len.first_chunk::<2>());
    len.map_or(0, |len| 16 + usize::from(u16::from_be_bytes(*len)))
}

fn hide(byte: &mut u8) {
    *byte = match *byte {
        32..=126 => b'x',
        _ => 0,
    };
}

fn keep(text: &[u8], len: usize, place: &mut [u8]) {
    for (place, byte) in place.iter_mut().zip(text).take(len) {
        *place = *byte;
    }
}

fn is_postgresql(first: &[u8]) -> bool {
    matches!(
        first,
        [0, 0, _, _, 0, 3, 0, _, ..] | [0, 0, 0, 8, 4, 210, 22, 47, ..]
    )
}

const fn is_mark(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\r' | b'\n' | b'-' | b'*' | b'<' | b'>' | b'\'' | b'"' | b'='
    )
}

/// Whether a word is one of a protocol, or a status at the beginning of a line.
fn may_stay(word: &[u8], begins_line: bool) -> bool {
    let is_status = begins_line && word.len() == 3 && word.iter().all(u8::is_ascii_digit);
    is_status
        || WORDS
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "GET /orders?token=s3cret HTTP/1.1\r\nAuthorization: Bearer abc\r\n",
        "GET xxxxxxxxxxxxx=xxxxxx HTTP/1.1\r\nxxxxxxxxxxxxxx xxxxxx xxx\r\n"
    )]
    #[case(
        "EHLO mail.example\r\nSTARTTLS\r\n",
        "EHLO xxxxxxxxxxxx\r\nSTARTTLS\r\n"
    )]
    #[case(
        "250-STARTTLS\r\n220 mail.example ESMTP\r\n",
        "250-STARTTLS\r\n220 xxxxxxxxxxxx ESMTP\r\n"
    )]
    #[case("AUTH PLAIN AGFsaWNlAHBhc3M=\r\n", "AUTH xxxxx xxxxxxxxxxxxxxx=\r\n")]
    #[case("\u{1}\u{2}ab", "\0\0xx")]
    fn only_the_words_of_protocols_stay(#[case] said: &str, #[case] kept: &str) {
        let mut place = vec![0; said.len()];
        mask(said.as_bytes(), 0, &mut place);
        assert_eq!(String::from_utf8_lossy(&place), kept);
    }

    #[test]
    fn a_start_up_message_of_postgresql_keeps_its_kind_and_not_its_user() {
        let said = b"\0\0\0\x11\0\x03\0\0user\0joe\0\0";
        let mut place = vec![0; said.len()];
        mask(said, 0, &mut place);
        assert_eq!(place, b"\0\0\0\x11\0\x03\0\0\0\0\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn a_proxy_header_stays() {
        let said = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO me\r\n";
        let len = proxy_header(said);
        let mut place = vec![0; said.len()];
        mask(said, len, &mut place);
        assert_eq!(place, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO xx\r\n");
    }
}
