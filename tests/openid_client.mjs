// The certified client `openid-client`, unmodified, against the provider. One line of JSON in for each step, one out.
import { createInterface } from "node:readline";
import * as oidc from "./vendor/node_modules/openid-client/build/index.js";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const tell = (what) => console.log(JSON.stringify(what));

const { issuer, client, secret, back } = await next();
const config = await oidc.discovery(new URL(issuer), client, secret, undefined, { execute: [oidc.allowInsecureRequests] });
const verifier = oidc.randomPKCECodeVerifier();
const nonce = oidc.randomNonce();
const state = oidc.randomState();
const wanted = {
  redirect_uri: back, scope: "openid profile offline_access", code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256", nonce, state, max_age: "600",
};
tell({ address: oidc.buildAuthorizationUrl(config, wanted).href });

const { landed } = await next();
const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, maxAge: 600, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(config, new URL(landed), checks);
const claims = tokens.claims();
const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
const alive = await oidc.tokenIntrospection(config, fresh.access_token);
const machine = await oidc.clientCredentialsGrant(config);
await oidc.tokenRevocation(config, fresh.refresh_token);
const dead = await oidc.tokenIntrospection(config, fresh.access_token);
const leave = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: "https://licence.example/bye" });
tell({ claims, info, alive: alive.active, dead: dead.active, machine: Boolean(machine.access_token), leave: leave.href });
process.exit(0);
