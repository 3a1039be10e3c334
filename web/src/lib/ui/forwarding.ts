/** The port of the service where nothing else is known. */
const PORT = '8080';

/**
 * How to see from elsewhere what the server shows on its own machine only, for a
 * page whose base address is given: the command that forwards its port, and where
 * the page is then. A server behind HTTPS has a proxy before it, which hides its
 * port: the usual one is named.
 */
export function forwarding(base: string): { command: string; address: string } {
  const url = new URL('.', base);
  const port = url.protocol === 'http:' && url.port ? url.port : PORT;
  // ssh takes an IPv6 address as it is; the brackets are the address bar's.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    command: `ssh -L ${port}:127.0.0.1:${port} ${host}`,
    address: `http://127.0.0.1:${port}${url.pathname}diagnostics`,
  };
}
