import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A TLS client of Java's JSSE. Arguments are key=value, as scripts.rs makes them. */
public class Client {
    private static final Map<String, String> OPTIONS = new HashMap<>();
    private static final char[] PASSWORD = "password".toCharArray();
    private static final int LIMIT = 20_000;

    public static void main(String[] words) {
        for (String word : words) {
            String[] pair = word.split("=", 2);
            OPTIONS.put(pair[0], pair[1]);
        }
        try {
            warmUp();
            visit();
        } catch (Exception error) {
            System.err.println(error);
            System.exit(1);
        }
    }

    /** A handshake with itself: what takes Java long the first time shall take no time between two messages of the real one. */
    private static void warmUp() throws Exception {
        String good = Path.of(OPTIONS.get("authority")).resolveSibling("good").toString();
        SSLEngine client = context(empty()).createSSLEngine();
        SSLEngine server = context(own(good + ".crt", good + ".key")).createSSLEngine();
        client.setUseClientMode(true);
        client.setSSLParameters(versionOnly(client.getSSLParameters()));
        server.setUseClientMode(false);
        ByteBuffer toServer = ByteBuffer.allocate(65536);
        ByteBuffer toClient = ByteBuffer.allocate(65536);
        for (int turn = 0; turn < 100; turn++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
        }
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws IOException {
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> engine.getDelegatedTask().run();
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
            case NEED_UNWRAP -> {
                in.flip();
                engine.unwrap(in, ByteBuffer.allocate(65536));
                in.compact();
            }
            default -> engine.beginHandshake();
        }
    }

    private static void visit() throws Exception {
        String address = OPTIONS.get("address");
        int port = Integer.parseInt(OPTIONS.get("port"));
        try (Socket raw = new Socket()) {
            raw.connect(new InetSocketAddress(address, port), LIMIT);
            raw.setSoTimeout(LIMIT);
            try (SSLSocket secure = (SSLSocket) context(own(OPTIONS.get("certificate"), OPTIONS.get("key"))).getSocketFactory().createSocket(raw, address, port, true)) {
                secure.setSSLParameters(parameters(secure.getSSLParameters()));
                secure.startHandshake();
                ask(secure);
            }
        }
    }

    private static void ask(SSLSocket secure) throws IOException {
        String request = "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
        secure.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        if (secure.getInputStream().read(new byte[65536]) < 0) {
            throw new IOException("closed without an answer");
        }
    }

    private static SSLParameters versionOnly(SSLParameters made) {
        if (OPTIONS.containsKey("version")) {
            made.setProtocols(new String[] {"TLSv" + OPTIONS.get("version")});
        }
        return made;
    }

    private static SSLParameters parameters(SSLParameters made) {
        if (OPTIONS.containsKey("name")) {
            made.setServerNames(List.of(new SNIHostName(OPTIONS.get("name"))));
            made.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (OPTIONS.containsKey("alpn")) {
            made.setApplicationProtocols(OPTIONS.get("alpn").split(","));
        }
        return versionOnly(made);
    }

    private static SSLContext context(KeyStore own) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        KeyStore trusted = empty();
        trusted.setCertificateEntry("root", certificates(OPTIONS.get("authority")).get(0));
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, PASSWORD);
        SSLContext made = SSLContext.getInstance("TLS");
        made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return made;
    }

    private static KeyStore own(String certificate, String keyFile) throws Exception {
        KeyStore store = empty();
        if (certificate != null) {
            String pem = Files.readString(Path.of(keyFile));
            byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
            Certificate[] chain = certificates(certificate).toArray(new Certificate[0]);
            var key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
            store.setKeyEntry("own", key, PASSWORD, chain);
        }
        return store;
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(String path) throws Exception {
        try (FileInputStream file = new FileInputStream(path)) {
            return new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(file));
        }
    }
}
