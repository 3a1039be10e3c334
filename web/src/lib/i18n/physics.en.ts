/** What the card about heat and radiator says, in English. Loaded with it. */
export const physicsEn = {
  'physics.title': 'Heat and radiator',
  'physics.about': 'Means of the last {duration}. A band (±) holds the true value in about 95 of 100 cases.',
  'physics.failed': 'Not updated since {time}: {reason}. It tries again by itself.',
  'physics.unavailable': 'Cannot be shown now: {reason}. It tries again by itself.',
  'physics.band': '± {error} {unit}',
  'physics.minutes': '{n} min',
  'physics.percent': '{n}%',
  'physics.zero.why':
    'Inlet and outlet are not zeroed, and two unchecked probes may differ by more than the water warms. Zeroing makes the band some ten times narrower.',
  'physics.zero.do': 'Zero the probes',
  'physics.zero.done': 'Inlet and outlet are zeroed.',

  'figure.heat': 'Heat carried away',
  'figure.heat.about':
    'What the water takes from the host, by flow and warming. With glycol it is up to a tenth less.',
  'figure.difference': 'Outlet over inlet',
  'figure.difference.about': 'How much the water warms along the cold plate.',
  'figure.rise': 'Water over air',
  'figure.rise.about': 'The radiator lives on this: without it no heat leaves.',
  'figure.resistance': 'Water to air',
  'figure.resistance.about':
    'How much each watt warms the water over the air. The less, the better the radiator works.',
  'figure.settling': 'Settles in about',
  'figure.settling.about': 'After a new load, at the present duties. The time constant is {tau} ± {error}.',
  'figure.settling.about.unknown': 'How long the water takes to follow a new load at the present duties.',
  'figure.dew': 'Dew point',
  'figure.dew.about': 'Anything colder gets wet. A chiller aims at {least} or warmer ({margin} above).',
  'figure.dew.about.unknown': 'Anything colder gets wet. A chiller stays {margin} above it.',

  'unit.kelvinPerWatt': 'K/W',
  'unit.fahrenheitPerWatt': '°F/W',

  'unknown.missing': 'No good reading now: {metrics}.',
  'unknown.silent': 'No recent samples.',
  'unknown.still': 'The water stands, so the probes say nothing of the cold plate.',
  'unknown.uncertain': 'The heat is not well above its own error.',
  'unknown.little_heat': 'Known from 10 W on; now there is less to go by.',
  'unknown.unsettled': 'The water still follows a change. Known after some 20 calm minutes.',
  'unknown.collecting.minutes': 'Collecting: {have} of {need} min.',
  'unknown.steady': 'The load has been too even to tell. It shows with the next change.',

  'trend.rising': 'Grows by {change} in 30 days ({band}) at like duties. Is there dust in the radiator?',
  'trend.falling': 'Falls by {change} in 30 days ({band}) at like duties: it cools better.',
  'trend.level': 'Level over {days}, at like duties ({band} in 30 days).',
  'trend.collecting': 'Its trend needs {need} days with a load; there are {have} so far.',
  'trend.uncertain': 'Its trend needs probes that are zeroed, or more load.',
  'trend.days.one': '{n} day',
  'trend.days.other': '{n} days',

  'more.title': 'With more sensors',
  'more.add': '{parts} would show: {figures}.',
  'more.together': 'Together they would show: {figures}.',
  'wish.heat': 'the heat carried away',
  'wish.difference': 'how much the water warms',
  'wish.rise': 'water over air',
  'wish.resistance': 'how well the radiator works, and its trend',
  'wish.settling': 'how fast the loop settles',
  'part.water': 'a probe in the water',
  'part.ambient': 'a probe in the air that the radiator draws in',
  'part.inlet': 'a probe before the cold plate',
  'part.outlet': 'a probe after the cold plate',
  'part.flow_lpm': 'a flow meter',

  'chiller.free': '{output} may run.',
  'chiller.held': '{output} is held off.',
  'chiller.why.humidity_unknown':
    'There is no recent humidity, and so no dew point: look at the humidity sensor.',
  'chiller.why.too_cold': 'Its target or the water is not above {least}: aim higher, or dry the air.',
  'chiller.why.not_carried_away':
    'The device has no proof yet that pump and hot-side fan run, or lacks its input.',
} as const;
