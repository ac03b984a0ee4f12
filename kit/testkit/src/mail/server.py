"""A mail server for tests: prints where it is, then every letter that it took. What it does depends on the recipient."""

import asyncio
import json
from email import message_from_bytes
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Postbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=default)
        headers = {name: str(letter[name]) for name in ("Message-ID", "From", "To", "Subject")}
        login = session.auth_data.decode() if session.auth_data else None
        print(json.dumps({**headers, "text": letter.get_content(), "login": login}), flush=True)
        if envelope.rcpt_tos[0].startswith("silent@"):
            await asyncio.sleep(600)
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"secret"
    return AuthResult(success=good, handled=good, auth_data=data.login if good else None)


async def main():
    loop = asyncio.get_running_loop()

    def connected():
        return SMTP(Postbox(), hostname="mail.test", authenticator=check, auth_require_tls=False, loop=loop)

    server = await loop.create_server(connected, "127.0.0.1", 0)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
