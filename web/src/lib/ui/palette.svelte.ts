import { css, type Palette, type Rgb } from '../scale';
import { settings } from '../settings.svelte';

/**
 * The colours of app.css as a canvas needs them: resolved for the present theme,
 * and read again when it changes.
 */
class Colors {
  #systemDark = $state(false);
  /** Changes whenever the colours do. */
  version = $derived(`${settings.choices.theme}/${this.#systemDark}`);
  #cache = new Map<string, Rgb>();
  #cached = '';

  constructor() {
    if (typeof matchMedia === 'undefined') return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = dark.matches;
    dark.addEventListener('change', () => {
      this.#systemDark = dark.matches;
    });
  }

  /** The red, green and blue of a token such as --line. */
  rgb(token: string): Rgb {
    if (this.#cached !== this.version) {
      this.#cache.clear();
      this.#cached = this.version;
    }
    let color = this.#cache.get(token);
    if (!color) {
      color = resolve(token);
      this.#cache.set(token, color);
    }
    return color;
  }

  css(token: string, alpha = 1): string {
    return css(this.rgb(token), alpha);
  }

  get temperatures(): Palette {
    return {
      cold: this.rgb('--temp-cold'),
      mild: this.rgb('--temp-mild'),
      warm: this.rgb('--temp-warm'),
      hot: this.rgb('--temp-hot'),
    };
  }
}

/** Lets the browser work out light-dark() and the like. */
function resolve(token: string): Rgb {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
  probe.remove();
  return [r, g, b];
}

export const colors = new Colors();
