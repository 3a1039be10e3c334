import type { Figure, Physics, Trend } from '../api/types';
import { texts } from '../i18n/index.svelte';
import { said } from '../i18n/physics.svelte';
import { settings } from '../settings.svelte';
import { degrees, degreesApart } from '../units';
import { decimals, type FigureName, settlingTime } from './figures';

/** A figure as it is shown. */
export interface Shown {
  value: string;
  unit: string;
  band: string;
}

/** How a figure is measured: in which unit, and what becomes of it in the viewer's. */
interface Measure {
  unit: string;
  of: (value: number) => number;
  apart: (value: number) => number;
}

function measure(name: FigureName | 'dew'): Measure {
  const choice = settings.choices.degrees;
  const difference = (v: number) => degreesApart(v, choice);
  const same = (v: number) => v;
  switch (name) {
    case 'heat':
      return { unit: texts.unit('watt'), of: same, apart: same };
    case 'dew':
      return { unit: texts.unit('celsius'), of: (v) => degrees(v, choice), apart: difference };
    case 'resistance':
      return {
        unit: said.t(choice === 'f' ? 'unit.fahrenheitPerWatt' : 'unit.kelvinPerWatt'),
        of: difference,
        apart: difference,
      };
    default:
      return { unit: texts.apartUnit(), of: difference, apart: difference };
  }
}

/** The server's answer by the names of the figures. */
export function figureOf(physics: Physics, name: FigureName): Figure {
  return name === 'settling' ? physics.time_constant : physics[name];
}

/** A figure in the viewer's unit, with as many digits as its band leaves; undefined if it is not known. */
export function shownFigure(name: FigureName | 'dew', figure: Figure): Shown | undefined {
  const { value, error } = figure;
  if (value === null || error === null) return undefined;
  if (name === 'settling') return { value: texts.format.duration(settlingTime(value)), unit: '', band: '' };
  const { unit, of, apart } = measure(name);
  const places = decimals(apart(error));
  return {
    value: texts.format.number(of(value), places),
    unit,
    band: said.t('physics.band', { error: texts.format.number(apart(error), places), unit }),
  };
}

/** A time constant and its band in minutes. */
export function minutes(seconds: number, error: number): string {
  const places = decimals(error / 60);
  return said.t('physics.minutes', { n: texts.format.number(seconds / 60, Math.min(places, 1)) });
}

/** Why a figure is not known. */
export function reasonOf(figure: Figure): string {
  switch (figure.unknown) {
    case 'missing':
      return said.t('unknown.missing', {
        metrics: texts.format.list((figure.missing ?? []).map(texts.metric)),
      });
    case 'collecting':
      return said.t('unknown.collecting.minutes', { have: figure.have ?? 0, need: figure.need ?? 0 });
    case undefined:
      return '';
    default:
      return said.t(`unknown.${figure.unknown}`);
  }
}

/** What becomes of the radiator; undefined where there is nothing to say beside what the resistance says. */
export function trendText({ change, direction, days }: Trend): string | undefined {
  if (change.value !== null && change.error !== null && direction !== undefined) {
    const places = Math.min(decimals(change.error), 1);
    const percent = (n: number) => said.t('physics.percent', { n: texts.format.number(n, places) });
    const band = `±\u00a0${percent(change.error)}`; // never torn apart
    if (direction === 'level') return said.t('trend.level', { days: said.n('trend.days', days), band });
    return said.t(`trend.${direction}`, { change: percent(Math.abs(change.value)), band });
  }
  if (change.unknown === 'collecting')
    return said.t('trend.collecting', { have: change.have ?? 0, need: change.need ?? 0 });
  return change.unknown === 'uncertain' ? said.t('trend.uncertain') : undefined;
}
