import { expect, test } from 'vitest';
import { forwarding } from './forwarding';

test.each([
  ['http://pi.lan:8080/', 'ssh -L 8080:127.0.0.1:8080 pi.lan', 'http://127.0.0.1:8080/diagnostics'],
  [
    'http://192.0.2.7:9000/cool/',
    'ssh -L 9000:127.0.0.1:9000 192.0.2.7',
    'http://127.0.0.1:9000/cool/diagnostics',
  ],
  [
    'http://[2001:db8::1]:8080/',
    'ssh -L 8080:127.0.0.1:8080 2001:db8::1',
    'http://127.0.0.1:8080/diagnostics',
  ],
  // Behind a proxy the port of the service is not to be seen.
  ['https://cool.example/', 'ssh -L 8080:127.0.0.1:8080 cool.example', 'http://127.0.0.1:8080/diagnostics'],
  [
    'https://cool.example:8443/',
    'ssh -L 8080:127.0.0.1:8080 cool.example',
    'http://127.0.0.1:8080/diagnostics',
  ],
  ['http://cool.example/', 'ssh -L 8080:127.0.0.1:8080 cool.example', 'http://127.0.0.1:8080/diagnostics'],
])('%s', (base, command, address) => expect(forwarding(base)).toEqual({ command, address }));
