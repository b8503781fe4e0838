use super::super::read::interpret;
use super::super::{ConfigFile, problem::Problem};
use crate::config::sso::{SsoServer, SsoSettings};

fn read(members: &str) -> Result<ConfigFile, Problem> {
    interpret(&format!("general_settings:\n  sso:\n{members}"))
}

fn settings(members: &str) -> SsoSettings {
    let file = read(members).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
    file.sso.expect("single sign-on").as_ref().clone()
}

const SERVER: &str = "    issuer: https://login.example\n    client_id: postern\n";

#[test]
fn everything_that_can_be_said_is_understood() {
    let read = settings(
        "
    name: The Office
    issuer: https://login.example/realm/
    client_id: postern
    client_secret: a-secret
    scopes: openid groups
    subject_claim: id
    email_claim: mail
    name_claim: full
    role_claim: realm.roles
    role_map: {ops: proxy_admin, all: internal_user_viewer}
    default_role: internal_user_viewer
    allowed_email_domains: ['@Example.com']
    trust_email: true
    create_users: false
    public_url: https://gateway.example/
",
    );
    assert_eq!(read.name, "The Office");
    assert_eq!(read.server, SsoServer::Issuer("https://login.example/realm/".into()));
    assert_eq!(read.client_secret.as_ref().map(postern_secrets::Secret::expose), Some("a-secret"));
    assert_eq!(read.scopes, ["openid", "groups"]);
    assert_eq!(read.claims.role.as_deref(), Some("realm.roles"));
    assert_eq!(read.claims.subject.as_deref(), Some("id"));
    assert_eq!(read.role_map["ops"], "proxy_admin");
    assert_eq!(read.default_role.as_deref(), Some("internal_user_viewer"));
    assert_eq!(read.allowed_email_domains, ["example.com"]);
    assert_eq!(read.public_url.as_deref(), Some("https://gateway.example"));
    assert!(read.trust_email && !read.create_users);
}

#[test]
fn little_is_enough() {
    let read = settings(SERVER);
    assert_eq!(read.name, "login.example");
    assert!(read.client_secret.is_none() && read.create_users && !read.trust_email);
    let plain = settings(
        "    authorization_endpoint: https://a.example/\n    token_endpoint: https://b.example/\n    userinfo_endpoint: https://c.example/\n    client_id: x\n",
    );
    assert!(matches!(plain.server, SsoServer::Endpoints { .. }));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_never_repeated_if_it_is_a_secret() {
    for (members, expected) in [
        (
            "    issuer: login.example\n",
            "line 3, column 5: general_settings.sso.issuer: `login.example` is no address",
        ),
        (
            "    issuer: https://login.example\n",
            "line 2, column 3: general_settings.sso: client_id is missing",
        ),
        ("    client_id: x\n", "general_settings.sso: issuer is missing"),
        (&format!("{SERVER}    token_endpoint: https://x.example\n"), "exclude each other"),
        (
            &format!("{SERVER}    client_secret: [s3cret]\n"),
            "line 5, column 5: general_settings.sso.client_secret must be a text",
        ),
        (
            &format!("{SERVER}    default_role: king\n"),
            "general_settings.sso.default_role must be one of proxy_admin, ",
        ),
        (
            &format!("{SERVER}    role_claim: groups\n    role_map: {{ops: king}}\n"),
            "general_settings.sso.role_map.ops must be one of",
        ),
        (&format!("{SERVER}    role_map: {{ops: proxy_admin}}\n"), "role_map needs a role_claim"),
        (&format!("{SERVER}    scopes: []\n"), "general_settings.sso.scopes must be a list of scopes"),
        (
            &format!("{SERVER}    allowed_email_domains: ['*.example.com']\n"),
            "allowed_email_domains[0] must be a domain",
        ),
        (
            &format!("{SERVER}    trust_email: perhaps\n"),
            "general_settings.sso.trust_email must be true or false",
        ),
        (&format!("{SERVER}    public_url: here\n"), "general_settings.sso.public_url must be an address"),
        (&format!("{SERVER}    secret: x\n"), "general_settings.sso.secret is no member of sso"),
        ("    - x\n", "general_settings.sso must be a map"),
    ] {
        let problem = read(members).err().unwrap_or_else(|| panic!("accepted: {members}")).to_string();
        assert!(problem.contains(expected), "{members}: {problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn what_is_dangerous_or_useless_is_warned_of() {
    let warnings = |members: &str| read(members).expect("valid").warnings;
    let overheard = warnings("    issuer: http://login.example\n    client_id: x\n");
    assert!(overheard[0].to_string().contains("plain http to another machine"), "{overheard:?}");
    assert!(warnings("    issuer: http://localhost:9\n    client_id: x\n").is_empty());
    let useless = warnings("    default_role: internal_user\n");
    assert!(useless[0].to_string().contains("has no effect"), "{useless:?}");
}
