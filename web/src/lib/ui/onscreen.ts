/** A Svelte action: calls fn once, when the element first comes near the screen. */
export function onScreen(node: Element, fn: () => void): { destroy(): void } {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      observer.disconnect();
      fn();
    },
    { rootMargin: '200px' },
  );
  observer.observe(node);
  return { destroy: () => observer.disconnect() };
}
