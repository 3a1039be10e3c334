/**
 * A Svelte action: a dialog is modal as long as it is there. Then the focus goes back to where it was, which the browser
 * does only for a dialog that is closed, not for one that is taken away.
 */
export function modal(node: HTMLDialogElement): { destroy(): void } {
  const before = document.activeElement;
  node.showModal();
  return {
    destroy: () => {
      // What had it may be gone or disabled by now; then it is left where the browser puts it.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    },
  };
}
