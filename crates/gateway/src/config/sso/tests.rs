use super::*;

/// What the variables say alone.
fn of(variables: &[(&str, &str)]) -> Result<Option<SsoSettings>, String> {
    over(SsoDraft::default(), variables)
}

fn over(draft: SsoDraft, variables: &[(&str, &str)]) -> Result<Option<SsoSettings>, String> {
    let environment =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    draft.over_environment(&environment)?.complete()
}

const GENERIC: [(&str, &str); 5] = [
    ("GENERIC_CLIENT_ID", "generic"),
    ("GENERIC_CLIENT_SECRET", "secret of generic"),
    ("GENERIC_AUTHORIZATION_ENDPOINT", "https://login.example/authorize"),
    ("GENERIC_TOKEN_ENDPOINT", "https://login.example/token"),
    ("GENERIC_USERINFO_ENDPOINT", "https://login.example/me"),
];

fn secret(settings: &SsoSettings) -> Option<&str> {
    settings.client_secret.as_ref().map(Secret::expose)
}

#[test]
fn nobody_signs_in_elsewhere_unless_something_says_so() {
    assert!(of(&[]).unwrap().is_none());
    assert!(
        of(&[("ALLOWED_EMAIL_DOMAINS", "example.com"), ("PROXY_BASE_URL", "https://x")]).unwrap().is_none()
    );
}

#[test]
fn litellm_s_variables_of_google_are_understood() {
    let settings = of(&[
        ("GOOGLE_CLIENT_ID", "google"),
        ("GOOGLE_CLIENT_SECRET", "secret of google"),
        ("ALLOWED_EMAIL_DOMAINS", "Example.com, @example.org,"),
        ("PROXY_BASE_URL", "https://gateway.example/"),
    ]);
    let settings = settings.unwrap().unwrap();
    assert_eq!(settings.name, "Google");
    assert_eq!(settings.server, SsoServer::Issuer("https://accounts.google.com".into()));
    assert_eq!((settings.client_id.as_str(), secret(&settings)), ("google", Some("secret of google")));
    assert_eq!(settings.allowed_email_domains, ["example.com", "example.org"]);
    assert_eq!(settings.public_url.as_deref(), Some("https://gateway.example"));
    assert_eq!(settings.scopes, ["openid", "email", "profile"]);
    assert_eq!(settings.default_role, None);
    assert!(settings.create_users && !settings.trust_email);
}

#[test]
fn litellm_s_variables_of_microsoft_are_understood() {
    let with = |tenant: &'static str| of(&[("MICROSOFT_CLIENT_ID", "ms"), ("MICROSOFT_TENANT", tenant)]);
    let settings = with("8a1b-22").unwrap().unwrap();
    let issuer = "https://login.microsoftonline.com/8a1b-22/v2.0";
    assert_eq!(settings.server, SsoServer::Issuer(issuer.into()));
    assert!(settings.trust_email);
    for tenant in ["common", "organizations", "consumers", "a/b", "a?b"] {
        assert!(with(tenant).unwrap_err().contains("MICROSOFT_TENANT"), "{tenant}");
    }
    assert!(of(&[("MICROSOFT_CLIENT_ID", "ms")]).unwrap_err().contains("MICROSOFT_TENANT is missing"));
}

#[test]
fn litellm_s_variables_of_any_other_server_are_understood() {
    let mut variables = GENERIC.to_vec();
    variables.extend([
        ("GENERIC_SCOPE", "openid  groups"),
        ("GENERIC_INCLUDE_CLIENT_ID", "True"),
        ("GENERIC_USER_ID_ATTRIBUTE", "login"),
        ("GENERIC_USER_EMAIL_ATTRIBUTE", "mail"),
        ("GENERIC_USER_DISPLAY_NAME_ATTRIBUTE", "full_name"),
        ("GENERIC_USER_ROLE_ATTRIBUTE", "role"),
    ]);
    let settings = of(&variables).unwrap().unwrap();
    let endpoints = SsoServer::Endpoints {
        authorization: "https://login.example/authorize".into(),
        token: "https://login.example/token".into(),
        userinfo: "https://login.example/me".into(),
    };
    assert_eq!(settings.server, endpoints);
    assert_eq!(settings.name, "login.example");
    assert_eq!(settings.scopes, ["openid", "groups"]);
    assert!(settings.include_client_id);
    let names = ["login", "mail", "full_name", "role"].map(|name| Some(name.to_owned()));
    let [subject, email, name, role] = names;
    assert_eq!(settings.claims, ClaimNames { subject, email, name, role });

    for missing in 0..GENERIC.len() {
        let mut variables = GENERIC.to_vec();
        let (name, _) = variables.remove(missing);
        let read = of(&variables);
        match name {
            "GENERIC_CLIENT_SECRET" => assert!(read.unwrap().is_some()),
            "GENERIC_CLIENT_ID" => assert!(read.unwrap_err().contains("client_id")),
            "GENERIC_AUTHORIZATION_ENDPOINT" => assert!(read.unwrap_err().contains("issuer is missing")),
            _ => assert!(read.unwrap_err().contains("endpoint is missing"), "{name}"),
        }
    }
    let mut variables = GENERIC.to_vec();
    variables[3].1 = "ftp://login.example/token";
    assert!(of(&variables).unwrap_err().contains("ftp://login.example/token"));
}

#[test]
fn a_secret_goes_to_its_own_server_only() {
    let mut variables = GENERIC.to_vec();
    variables.extend([("GOOGLE_CLIENT_ID", "google"), ("GOOGLE_CLIENT_SECRET", "secret of google")]);
    // Of the environment alone, Google comes first.
    let settings = of(&variables).unwrap().unwrap();
    assert_eq!((settings.client_id.as_str(), secret(&settings)), ("google", Some("secret of google")));
    // A server of the file's is not Google.
    let issuer = || SsoDraft { issuer: Some("https://other.example/".into()), ..SsoDraft::default() };
    let settings = over(issuer(), &variables).unwrap().unwrap();
    assert_eq!(settings.server, SsoServer::Issuer("https://other.example/".into()));
    assert_eq!((settings.client_id.as_str(), secret(&settings)), ("generic", Some("secret of generic")));
    assert!(over(issuer(), &variables[5..]).unwrap_err().contains("client_id is missing"));
    // A client of the file's has no secret but the file's.
    let client = SsoDraft { client_id: Some("own".into()), ..issuer() };
    let settings = over(client, &variables).unwrap().unwrap();
    assert_eq!((settings.client_id.as_str(), secret(&settings)), ("own", None));
}

#[test]
fn what_is_no_address_is_refused_and_what_is_overheard_is_known() {
    for bad in [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://a:b@example.com",
        "https://example.com/#x",
        "https://a b",
    ] {
        assert!(web_address(bad).is_err(), "{bad}");
    }
    for (address, expected) in [
        ("https://example.com", false),
        ("http://example.com", true),
        ("http://10.0.0.7:8080", true),
        ("http://127.0.0.1:8080", false),
        ("http://[::1]:8080", false),
        ("http://localhost:8080/realm", false),
        ("http://login.localhost", false),
        ("http://localhost.example.com", true),
    ] {
        assert_eq!(is_overheard(&web_address(address).unwrap()), expected, "{address}");
    }
}
