/** What the viewer chose. Kept in this browser only. */

export type Language = 'auto' | 'en' | 'zh';
export type Theme = 'auto' | 'light' | 'dark';
export type Degrees = 'c' | 'f';

export interface Choices {
  language: Language;
  theme: Theme;
  degrees: Degrees;
  /** The range of the charts that was used last, such as 24h. */
  range: string;
}

const KEY = 'coolant.settings'; // also read by public/theme.js

const DEFAULTS: Choices = { language: 'auto', theme: 'auto', degrees: 'c', range: '24h' };

const ALLOWED: Record<keyof Choices, readonly string[] | undefined> = {
  language: ['auto', 'en', 'zh'],
  theme: ['auto', 'light', 'dark'],
  degrees: ['c', 'f'],
  range: undefined,
};

/** The choices in a stored text; whatever is not understood is the default. */
export function parseChoices(text: string | null): Choices {
  let stored: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (parsed !== null && typeof parsed === 'object') stored = parsed as Record<string, unknown>;
  } catch {
    // Not ours.
  }
  const pick = <K extends keyof Choices>(key: K): Choices[K] => {
    const value = stored[key];
    if (typeof value !== 'string') return DEFAULTS[key];
    const allowed = ALLOWED[key];
    return allowed && !allowed.includes(value) ? DEFAULTS[key] : (value as Choices[K]);
  };
  return { language: pick('language'), theme: pick('theme'), degrees: pick('degrees'), range: pick('range') };
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off: the choices last as long as the page
  }
}

class Settings {
  choices = $state<Choices>(parseChoices(typeof localStorage === 'undefined' ? null : stored()));

  set<K extends keyof Choices>(key: K, value: Choices[K]): void {
    this.choices[key] = value;
    this.apply();
    try {
      localStorage.setItem(KEY, JSON.stringify(this.choices));
    } catch {
      // As above.
    }
  }

  /** Makes the document look as chosen. */
  apply(): void {
    const { theme } = this.choices;
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  /** Takes over what another tab of the same browser stored. */
  follow(): () => void {
    const changed = (e: StorageEvent) => {
      if (e.key !== KEY) return;
      this.choices = parseChoices(e.newValue);
      this.apply();
    };
    addEventListener('storage', changed);
    return () => removeEventListener('storage', changed);
  }
}

export const settings = new Settings();
