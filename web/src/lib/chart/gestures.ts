import type uPlot from 'uplot';

export interface Gestures {
  /** Moves the window so that what was at one time is now at another: by the difference. */
  pan(by: number): void;
  /** Zooms by a factor about a time. */
  zoom(factor: number, about: number): void;
  /** The time under a single finger, or null when it is lifted. */
  point(time: number | null): void;
}

/**
 * Fingers, shift-drag and the wheel on a plot. Dragging with the mouse alone is
 * uPlot's own. Returns what ends it.
 */
export function attachGestures(u: uPlot, on: Gestures): () => void {
  const over = u.over;
  const fingers = new Map<number, number>(); // pointer id to x
  let grabbed: { id: number; x: number } | undefined;
  const msPerPixel = () => ((u.scales.x?.max ?? 1) - (u.scales.x?.min ?? 0)) / over.clientWidth;
  const timeAt = (clientX: number) => u.posToVal(clientX - over.getBoundingClientRect().left, 'x');
  const middle = () => [...fingers.values()].reduce((a, b) => a + b, 0) / fingers.size;
  const apart = () => {
    const [a = 0, b = 0] = fingers.values();
    return Math.max(20, Math.abs(a - b));
  };

  const down = (e: PointerEvent) => {
    if (e.pointerType === 'touch') {
      fingers.set(e.pointerId, e.clientX);
      if (fingers.size === 1) on.point(timeAt(e.clientX));
      else on.point(null);
    } else if (e.shiftKey || e.button === 1) {
      grabbed = { id: e.pointerId, x: e.clientX };
      over.setPointerCapture(e.pointerId);
      over.style.cursor = 'grabbing';
      e.preventDefault();
    }
  };
  const move = (e: PointerEvent) => {
    if (grabbed?.id === e.pointerId) {
      on.pan((grabbed.x - e.clientX) * msPerPixel());
      grabbed.x = e.clientX;
      return;
    }
    if (!fingers.has(e.pointerId)) return;
    if (fingers.size === 1) {
      fingers.set(e.pointerId, e.clientX);
      on.point(timeAt(e.clientX));
      return;
    }
    const [x, width] = [middle(), apart()];
    fingers.set(e.pointerId, e.clientX);
    on.pan((x - middle()) * msPerPixel());
    const factor = width / apart();
    if (Math.abs(factor - 1) > 0.001) on.zoom(factor, timeAt(middle()));
  };
  const up = (e: PointerEvent) => {
    if (grabbed?.id === e.pointerId) {
      grabbed = undefined;
      over.style.cursor = '';
    }
    if (fingers.delete(e.pointerId) && fingers.size === 0) on.point(null);
  };
  const wheel = (e: WheelEvent) => {
    // The plain wheel scrolls the page.
    if (e.ctrlKey || e.metaKey) {
      on.zoom(1.0015 ** e.deltaY, timeAt(e.clientX));
    } else if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      on.pan(e.deltaX * msPerPixel());
    } else if (e.shiftKey) {
      on.pan(e.deltaY * msPerPixel());
    } else return;
    e.preventDefault();
  };

  over.style.touchAction = 'pan-y';
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerup', up);
  over.addEventListener('pointercancel', up);
  over.addEventListener('wheel', wheel, { passive: false });
  return () => {
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerup', up);
    over.removeEventListener('pointercancel', up);
    over.removeEventListener('wheel', wheel);
  };
}
