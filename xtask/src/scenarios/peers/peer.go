// A TLS server, a client, and a maker of keys for Encrypted Client Hello, of Go's crypto/tls. The first argument says which;
// the others are key=value, as scripts.rs of server and client makes them.
package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

var options = map[string]string{}

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

var groups = map[string]tls.CurveID{"X25519": tls.X25519, "P-256": tls.CurveP256, "P-384": tls.CurveP384, "P-521": tls.CurveP521}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	acts := map[string]func() error{"server": serve, "client": call, "ech": makeKey}
	if err := acts[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What both sides take.
func common() (*tls.Config, error) {
	config := &tls.Config{CurvePreferences: nil}
	for _, name := range list("groups", ":") {
		config.CurvePreferences = append(config.CurvePreferences, groups[name])
	}
	config.NextProtos = list("alpn", ",")
	if options["certificate"] == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(options["certificate"], options["key"])
	config.Certificates = []tls.Certificate{pair}
	return config, err
}

func list(option, separator string) []string {
	if options[option] == "" {
		return nil
	}
	return strings.Split(options[option], separator)
}

func authority() (*x509.CertPool, error) {
	pem, err := os.ReadFile(options["authority"])
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool, err
}

// --- the client ---

func call() error {
	config, err := clientConfig()
	if err != nil {
		return err
	}
	if options["do"] == "resume" {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		if err := visit(config, false); err != nil {
			return err
		}
		return visit(config, true)
	}
	return visit(config, false)
}

func clientConfig() (*tls.Config, error) {
	config, err := common()
	if err != nil {
		return nil, err
	}
	config.ServerName = options["name"]
	config.InsecureSkipVerify = options["trust"] == "no" || options["name"] == ""
	if version := options["version"]; version != "" {
		config.MinVersion, config.MaxVersion = versions[version], versions[version]
	}
	if file := options["ech"]; file != "" {
		config.EncryptedClientHelloConfigList, err = os.ReadFile(file)
		if err != nil {
			return nil, err
		}
	}
	config.RootCAs, err = authority()
	return config, err
}

func visit(config *tls.Config, resumes bool) error {
	raw, err := net.DialTimeout("tcp", net.JoinHostPort(options["address"], options["port"]), 20*time.Second)
	if err != nil {
		return err
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(20 * time.Second))
	secure := tls.Client(raw, config)
	defer secure.Close()
	if err := secure.Handshake(); err != nil {
		return err
	}
	state := secure.ConnectionState()
	if state.DidResume != resumes {
		return errors.New("the session was not resumed")
	}
	if options["ech"] != "" && !state.ECHAccepted {
		return errors.New("Encrypted Client Hello was not accepted")
	}
	if options["do"] == "close" {
		return nil
	}
	return ask(secure)
}

func ask(secure *tls.Conn) error {
	if _, err := io.WriteString(secure, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"); err != nil {
		return err
	}
	// An answer that ends the connection comes with io.EOF.
	if count, err := secure.Read(make([]byte, 65536)); count == 0 {
		return err
	}
	return nil
}

// --- the server ---

func serve() error {
	config, err := serverConfig()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(options["address"], options["port"]))
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go answer(connection, config)
	}
}

func serverConfig() (*tls.Config, error) {
	config, err := common()
	if err != nil {
		return nil, err
	}
	config.MinVersion, config.MaxVersion = versions[options["from"]], versions[options["to"]]
	if options["authority"] != "" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		if config.ClientCAs, err = authority(); err != nil {
			return nil, err
		}
	}
	if options["ech"] != "" {
		if config.EncryptedClientHelloKeys, err = echKeys(); err != nil {
			return nil, err
		}
	}
	pair := config.Certificates[0]
	config.Certificates = nil
	config.GetCertificate = choice(pair)
	return config, faulty(config, pair)
}

// Without a certificate for the name there is alert unrecognized_name.
func choice(good tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if only := options["only"]; only != "" && hello.ServerName != only {
			return nil, nil
		}
		return &good, nil
	}
}

func faulty(config *tls.Config, pair tls.Certificate) error {
	switch options["fault"] {
	case "internal":
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("an error of the program")
		}
	case "another-key":
		// Made by hand: LoadX509KeyPair looks whether they belong together, the handshake does not.
		other, err := tls.LoadX509KeyPair(options["another"], options["another-key"])
		if err != nil {
			return err
		}
		pair.PrivateKey = other.PrivateKey
		config.GetCertificate = choice(pair)
	}
	return nil
}

func answer(connection net.Conn, config *tls.Config) {
	connection.SetDeadline(time.Now().Add(20 * time.Second))
	secure := tls.Server(connection, config)
	defer secure.Close()
	request := make([]byte, 65536)
	for {
		count, err := secure.Read(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		io.WriteString(secure, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
		if strings.Contains(string(request[:count]), "HTTP/1.0") {
			return
		}
	}
}

// --- Encrypted Client Hello (RFC 9849 section 4) ---

// Writes FILE.list, which clients take, and FILE.key, to which the server adds the list's one configuration.
func makeKey() error {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(options["id"], 10, 8)
	if err != nil {
		return err
	}
	config := echConfig(byte(id), options["public-name"], key.PublicKey().Bytes())
	listed := append(binary.BigEndian.AppendUint16(nil, uint16(len(config))), config...)
	if err := os.WriteFile(options["file"]+".list", listed, 0o600); err != nil {
		return err
	}
	return os.WriteFile(options["file"]+".key", key.Bytes(), 0o600)
}

func echConfig(id byte, publicName string, publicKey []byte) []byte {
	const version, x25519, hkdfSHA256, aes128GCM = 0xfe0d, 0x0020, 0x0001, 0x0001
	contents := []byte{id}
	contents = binary.BigEndian.AppendUint16(contents, x25519)
	contents = binary.BigEndian.AppendUint16(contents, uint16(len(publicKey)))
	contents = append(contents, publicKey...)
	contents = binary.BigEndian.AppendUint16(contents, 4)
	contents = binary.BigEndian.AppendUint16(contents, hkdfSHA256)
	contents = binary.BigEndian.AppendUint16(contents, aes128GCM)
	contents = append(contents, 32, byte(len(publicName)))
	contents = append(contents, publicName...)
	contents = binary.BigEndian.AppendUint16(contents, 0)
	config := binary.BigEndian.AppendUint16(nil, version)
	config = binary.BigEndian.AppendUint16(config, uint16(len(contents)))
	return append(config, contents...)
}

func echKeys() ([]tls.EncryptedClientHelloKey, error) {
	file := strings.TrimSuffix(options["ech"], ".list")
	listed, err := os.ReadFile(file + ".list")
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(file + ".key")
	return []tls.EncryptedClientHelloKey{{Config: listed[2:], PrivateKey: key, SendAsRetry: true}}, err
}
