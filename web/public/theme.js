// Applies the stored theme and language before anything is painted. Everything
// else about settings is in src/lib/settings.svelte.ts.
(() => {
  try {
    const stored = JSON.parse(localStorage.getItem('coolant.settings') || '{}');
    const root = document.documentElement;
    if (stored.theme === 'light' || stored.theme === 'dark') root.dataset.theme = stored.theme;
    const language =
      stored.language === 'en' || stored.language === 'zh' ? stored.language : navigator.language;
    root.lang = language.startsWith('zh') ? 'zh-CN' : 'en';
  } catch {
    // No storage, or not ours: the defaults hold.
  }
})();
