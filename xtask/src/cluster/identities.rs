//! Who is who in the cluster: an authority, the API server, its client at the kubelet, tokens.

use std::fs;
use std::path::Path;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

/// Token, name, number, groups.
const TOKENS: &str = "\
admin-token,admin,1,system:masters
kubelet-token,system:node:node1,2,system:nodes
oncall-token,oncall,3
";

/// Writes all of it into `folder`, for an API server at `address`.
pub(super) fn write(folder: &Path, address: &str) -> Result<()> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "tlsmon lab cluster");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    fs::write(folder.join("ca.crt"), authority.pem())?;
    let names = ["kubernetes.default.svc", address, "10.96.0.1", "127.0.0.1"];
    let mut server = CertificateParams::new(names.map(str::to_owned).to_vec())?;
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut client = CertificateParams::new(Vec::new())?;
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    client
        .distinguished_name
        .push(DnType::OrganizationName, "system:masters");
    client
        .distinguished_name
        .push(DnType::CommonName, "kube-apiserver-kubelet-client");
    for (name, params) in [("api", server), ("kubelet-client", client)] {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        fs::write(folder.join(format!("{name}.crt")), certificate.pem())?;
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem())?;
    }
    let accounts = KeyPair::generate()?;
    fs::write(folder.join("sa.key"), accounts.serialize_pem())?;
    fs::write(folder.join("sa.pub"), accounts.public_key_pem())?;
    fs::write(folder.join("tokens.csv"), TOKENS)?;
    for name in ["admin", "kubelet", "oncall"] {
        let text = include_str!("kubeconfig.yaml")
            .replace("FOLDER", &folder.display().to_string())
            .replace("TOKEN", &format!("{name}-token"));
        fs::write(folder.join(format!("{name}.conf")), text)?;
    }
    Ok(())
}
