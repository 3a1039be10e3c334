/**
 * What the page says of the outside broker and its allowance, in English. What
 * stands between backticks is a setting or a command and is shown as code.
 */
export const brokerEn = {
  'broker.title': 'Outside broker',
  'broker.state.connected': 'Connected',
  'broker.state.connecting': 'Connecting',
  'broker.state.waiting': 'No connection',
  'broker.next': 'Next attempt in {time}',
  'broker.next.now': 'Next attempt now',
  'broker.attempts.one': '{n} attempt failed',
  'broker.attempts.other': '{n} attempts failed',
  'broker.since.connected': 'Connected since',
  'broker.since.lost': 'Not connected since',
  'broker.url': 'Address',
  'broker.user': 'User',
  'broker.user.none': 'none',
  'broker.protocol': 'Protocol',
  'broker.protocol.value': 'MQTT {version}',
  'broker.protocol.unknown': 'not known yet',
  'broker.certificate': 'Certificate from',
  'broker.certificate.expires': 'Certificate expires',
  'broker.certificate.expired': 'Certificate expired',
  'broker.certificate.ending': 'First to end:',
  'broker.warnings': 'Worth a look',

  'broker.lost.remote': 'No readings are arriving.',
  'broker.lost.both': 'No readings are arriving from devices at the outside broker.',
  'broker.lost.since': 'Coolant has had no connection to the outside broker since {time}.',
  'broker.lost.why': 'Reason: {reason}.',
  'broker.lost.calm': 'The devices regulate by themselves meanwhile.',
  'broker.back': 'The outside broker is connected again.',
  'broker.more': 'To the diagnostics',

  'separation.title': 'Separation of devices',
  'separation.unproven': 'Not proven',
  'separation.proven': 'Proven since {time}',
  'separation.broken': 'Missing',
  'separation.about.unproven':
    'The access rules are the broker’s. Without them any device can drive any pump. This command tries it as a device, and asks for its password:',
  'separation.about.proven': 'The broker refused a foreign topic when it was tried.',
  'separation.about.broken':
    'One device can speak for another, or listen to it. Set the broker’s access rules so that each user reaches its own topics only, then check again:',
  'separation.alarm': 'The outside broker does not keep devices apart.',
  'separation.alarm.about': 'Any device can drive any pump there. Set the broker’s access rules now.',

  'quota.title': 'Broker allowance',
  'quota.level.ok': 'Enough',
  'quota.level.warning': 'Running short',
  'quota.level.over': 'Used up',
  'quota.sessions': 'Session minutes',
  'quota.bytes': 'Traffic',
  'quota.of': '{used} of {limit}',
  'quota.unlimited': '{used}, no limit',
  'quota.projected': 'about {amount} by the end of the month',
  'quota.estimate': 'Coolant’s own estimate; the broker’s console has the last word.',
  'quota.alarm.warning': 'The outside broker’s monthly allowance is running short.',
  'quota.alarm.over': 'The outside broker’s monthly allowance is used up. It may stop serving.',
  'quota.about.sessions':
    'Each client counts for every minute that it is connected: Coolant and each device.',
  'quota.about.bytes': 'Devices that send less often, in batches, use less.',
  'quota.limits': 'Limits of',
  'quota.preset.emqx-serverless': 'EMQX Cloud Serverless, free tier',
  'quota.preset.custom': 'the configuration',
  'quota.since': 'Metered since',
  'quota.resets': 'Starts over',
  'quota.month': 'The month is counted in UTC.',

  'public.title': 'Only on the machine it runs on',
  'public.text':
    'Addresses, refused messages and the state of the broker are not shown to everybody. On the machine itself this page is complete. From elsewhere, forward its port:',
  'public.then': 'Then open `{address}` here.',
  'public.open':
    'Whoever runs Coolant opens it to all who reach this address by setting `http.public` to `all`.',
  'public.link': 'Public view',

  'problem.dns': 'The broker’s name cannot be found',
  'problem.do.dns': 'Check the host name in `remote.url`, and that this machine can look up names (DNS).',
  'problem.timeout': 'The broker does not answer',
  'problem.do.timeout':
    'Check host and port in `remote.url`. A firewall on the way may swallow the connection.',
  'problem.refused': 'Nothing listens on the broker’s port',
  'problem.do.refused': 'Check the port in `remote.url` (8883 with TLS), and that the broker is running.',
  'problem.unreachable': 'There is no way to the broker',
  'problem.do.unreachable': 'Check this machine’s network connection and its firewall.',
  'problem.unknown_ca': 'The broker’s certificate is from an authority nobody here knows',
  'problem.do.unknown_ca':
    'If that is your own authority, set `remote.ca_file` to its certificate. If not, somebody may be in between.',
  'problem.certificate_expired': 'The broker’s certificate has expired',
  'problem.do.certificate_expired': 'Renew it on the broker. If it is new, check the clock of this machine.',
  'problem.certificate_not_yet_valid': 'The broker’s certificate is not valid yet',
  'problem.do.certificate_not_yet_valid':
    'Check the clock of this machine first, then the certificate’s first day.',
  'problem.wrong_host': 'The certificate is for another host name',
  'problem.do.wrong_host':
    'Use a name that the certificate lists in `remote.url`, or set `remote.server_name` to it.',
  'problem.no_sni': 'The broker wants to hear a host name (SNI)',
  'problem.do.no_sni':
    'Use the host name instead of an IP address in `remote.url`, or set `remote.server_name`.',
  'problem.tls_version': 'No TLS version in common',
  'problem.do.tls_version': 'Coolant needs TLS 1.2 or newer. Update the broker, or change its settings.',
  'problem.client_certificate': 'The broker does not accept the client certificate',
  'problem.do.client_certificate':
    'Set `remote.cert_file` and `remote.key_file` to a certificate that the broker trusts.',
  'problem.not_tls': 'The port does not speak TLS',
  'problem.do.not_tls': 'Use the TLS port, mostly 8883; or `mqtt://` where the network is private.',
  'problem.tls_failed': 'No encrypted connection came about',
  'problem.do.tls_failed': 'Check the port, and the TLS settings of the broker. Its own words are below.',
  'problem.not_websocket': 'No WebSocket at this address',
  'problem.do.not_websocket': 'Check port and path in `remote.url`. The path is mostly `/mqtt`.',
  'problem.bad_credentials': 'Wrong user name or password',
  'problem.do.bad_credentials':
    'Compare `remote.username` and `remote.password` with the users in the broker’s console.',
  'problem.not_authorized': 'The broker does not let this user in',
  'problem.do.not_authorized': 'Allow the user to connect, in the broker’s access rules.',
  'problem.client_id_refused': 'The broker does not accept the client id',
  'problem.do.client_id_refused': 'Choose another `remote.client_id`, short, of letters and digits.',
  'problem.protocol_refused': 'The broker does not speak this version of MQTT',
  'problem.do.protocol_refused': 'Set `remote.protocol` to `auto`, and check that this is an MQTT broker.',
  'problem.server_unavailable': 'The broker is not available',
  'problem.do.server_unavailable':
    'Coolant keeps trying. If it lasts, look whether the deployment runs, in the broker’s console.',
  'problem.server_busy': 'The broker is overloaded',
  'problem.do.server_busy': 'Coolant keeps trying. If it lasts, give the broker more room or fewer clients.',
  'problem.banned': 'The broker has banned this client',
  'problem.do.banned': 'Lift the ban in the broker’s console. Many wrong passwords may have caused it.',
  'problem.quota_reached': 'The broker’s allowance is used up',
  'problem.do.quota_reached':
    'Raise the limit or the spend limit in the broker’s console, or wait for the next month.',
  'problem.rate_exceeded': 'Too many messages in a short time',
  'problem.do.rate_exceeded': 'Let devices send less often, in batches, or raise the broker’s rate limit.',
  'problem.taken_over': 'Another client took the connection over',
  'problem.do.taken_over':
    'Something else uses the same client id, perhaps a second Coolant. Stop it, or change `remote.client_id`.',
  'problem.keepalive': 'The broker heard nothing for too long',
  'problem.do.keepalive':
    'The network is poor, or this machine was asleep. Coolant connects again by itself.',
  'problem.shutting_down': 'The broker is shutting down',
  'problem.do.shutting_down': 'Coolant connects again by itself once it is back.',
  'problem.packet_too_large': 'A message is too large for the broker',
  'problem.do.packet_too_large':
    'Raise the broker’s limit for the size of a packet, or let devices send smaller batches.',
  'problem.connection_lost': 'The connection broke off',
  'problem.do.connection_lost':
    'Coolant connects again by itself. If it happens often, check the network and the broker’s log.',
  'problem.use_another_server': 'The broker points to another server',
  'problem.do.use_another_server': 'Set `remote.url` to the server it names, or ask who runs the broker.',
  'problem.subscription_refused': 'The broker does not let Coolant listen',
  'problem.do.subscription_refused':
    'Allow this user to subscribe to the topics named below, in the broker’s access rules.',
  'problem.publish_refused': 'The broker does not let Coolant send',
  'problem.do.publish_refused':
    'Allow this user to publish to the topics named below, in the broker’s access rules.',
  'problem.echo_missing': 'A test message did not come back',
  'problem.do.echo_missing':
    'The broker took it and did not deliver it. Allow this user to publish and to subscribe to `coolant/#`.',
  'problem.unsteady': 'The connection breaks off again and again',
  'problem.do.unsteady':
    'Perhaps another service uses the same `remote.client_id`: let only one use it. Otherwise look at the network.',
  'problem.session_foreign': 'The broker knows this client id already',
  'problem.do.session_foreign':
    'If another service uses it, give each its own `remote.client_id`. Otherwise nothing is wrong.',
  'problem.weak_subscription': 'The broker delivers without acknowledgement',
  'problem.do.weak_subscription':
    'Let the broker grant QoS 1. Without it a message is lost when the connection breaks.',
  'problem.dismissed': 'The broker ended the connection',
  'problem.do.dismissed': 'An administrator or an access rule did it. Look at the broker’s log and rules.',
  'problem.store_failed': 'Coolant could not store what arrived',
  'problem.do.store_failed':
    'The broker keeps what is not stored. Check the free space of the disk, and Coolant’s log.',
  'problem.files': 'A file of the configuration cannot be read',
  'problem.do.files': 'Check its path, and that the user Coolant runs as may read it.',
  'problem.certificate_expires': 'The broker’s certificate expires soon',
  'problem.do.certificate_expires': 'Have it renewed before that day; afterwards nothing connects any more.',
  'problem.old_protocol': 'The broker speaks MQTT 3.1.1 only',
  'problem.do.old_protocol':
    'That works. With MQTT 5 it would say why it refuses something; update it when you can.',
  'problem.no_tls': 'The connection is not encrypted',
  'problem.do.no_tls':
    'Passwords and readings can be read on the way. Use `mqtts://` unless the network is yours alone.',
  'problem.session_lost': 'The broker did not keep our session',
  'problem.do.session_lost':
    'What it had not delivered is gone there. Devices that follow the contract send it again; others have a gap.',
  'problem.short_session': 'The broker keeps messages for less time than asked',
  'problem.do.short_session':
    'If Coolant is down for longer, only devices that follow the contract fill the gap. Raise the broker’s session expiry if it lets you.',
  'problem.separation_unproven': 'Nobody has tried whether devices are kept apart',
  'problem.do.separation_unproven': 'Run `coolant broker check --device ID` with one of your devices.',
  'problem.separation_broken': 'The broker does not keep devices apart',
  'problem.do.separation_broken':
    'Set the broker’s access rules so that each user reaches its own topics only, and check again.',
} as const;
