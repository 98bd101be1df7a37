// The npm package oidc-provider as an old system: one account, no questions.
//
//   UPSTREAM_PORT, ISSUER (of motlan), UPSTREAM_SECRET
import Provider from 'oidc-provider';

const port = Number(process.env.UPSTREAM_PORT);
const issuer = `http://127.0.0.1:${port}`;
const motlan = process.env.ISSUER;
const source = process.env.UPSTREAM_SOURCE ?? 'npm';

const people = {
  'npm-1': {
    name: process.env.OLD_NAME,
    birthdate: '1985-03-08',
    SoDinhDanh: process.env.OLD_NUMBER,
    preferred_username: 'sen.cu',
  },
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'motlan',
      client_secret: process.env.UPSTREAM_SECRET,
      redirect_uris: [`${motlan}/signin/federation/${source}/callback`],
      post_logout_redirect_uris: [`${motlan}/`],
      backchannel_logout_uri: `${motlan}/federation/${source}/backchannel-logout`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ['sub', 'sid'], profile: ['name', 'birthdate', 'preferred_username', 'SoDinhDanh'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  cookies: { keys: ['khoa-cho-bai-thu'] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) {
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'npm-1' } });
    ctx.respond = false;
    return;
  }
  await next();
});

// Loopback only; the back-channel token goes to motlan in clear there.
provider.listen(port, '127.0.0.1', () => console.log(`${issuer} listens`));
