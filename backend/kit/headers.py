"""What every answer carries whatever made it, 200, 404, 405 and 500 alike, and how pages are compressed."""

from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

# Nothing is loaded from other hosts, no inline script or style; wasm is for the QR reader of phones without one.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), screen-wake-lock=(self), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# For a page that may be read again without a network: the service worker keeps it until nobody is signed in here.
KEEP_OFFLINE = {"X-Offline": "keep"}
YEAR_SECONDS = 31_536_000
# A stream of events must leave at once, a static file is compressed already: `uncompressed` in a handler's opt.
COMPRESSION = CompressionConfig(
    backend="brotli", brotli_quality=5, minimum_size=600, brotli_gzip_fallback=True, exclude_opt_key="uncompressed"
)


async def secure(message: Message, scope: Scope) -> None:
    """Litestar's ``before_send``: add the headers that a handler has not set itself."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        if name not in headers:
            headers[name] = value
    if scope.get("scheme") == "https":
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
