"""TLS for the stand-ins under the vendors' own names: it decrypts, and passes on everything as it is."""

import argparse
import asyncio
import ssl
from pathlib import Path

import trustme
from aiohttp import ClientSession, DummyCookieJar, web
from led.names import NAMES
from yarl import URL

OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding"}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True, help="address of the stand-ins")
    parser.add_argument("--certificates", type=Path, required=True, help="file for whom clients must trust")
    asked = parser.parse_args()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(asked.certificates))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*NAMES).configure_cert(context)
    async with ClientSession(auto_decompress=False, cookie_jar=DummyCookieJar()) as session:

        async def carry(request: web.BaseRequest) -> web.Response:
            url = URL(f"{asked.to}{request.raw_path}", encoded=True)
            headers = [(n, v) for n, v in request.headers.items() if n.lower() not in OF_THE_CONNECTION]
            async with session.request(
                request.method,
                url,
                headers=headers,
                data=await request.read() or None,
                allow_redirects=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            ) as answer:
                content = await answer.read()
            response = web.Response(status=answer.status, body=content)
            response.headers.clear()
            response.headers.extend(
                (n, v) for n, v in answer.headers.items() if n.lower() not in OF_THE_CONNECTION
            )
            return response

        runner = web.ServerRunner(web.Server(carry, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        print(f"READY {runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
