/** The page's own small router over the History API, inside the document's base. */

export type Route =
  | { page: 'overview' }
  | { page: 'device'; id: string }
  | { page: 'chart' }
  | { page: 'diagnostics' }
  | { page: 'settings' }
  | { page: 'missing' };

/** The route of a path below the base, such as "devices/my-loop". */
export function match(path: string): Route {
  const parts = path.split('/').filter((p) => p !== '');
  const [first, second] = parts;
  if (first === undefined) return { page: 'overview' };
  if (parts.length === 2 && first === 'devices' && second !== undefined) {
    return { page: 'device', id: decode(second) };
  }
  if (parts.length > 1) return { page: 'missing' };
  switch (first) {
    case 'index.html':
      return { page: 'overview' };
    case 'temp_chart':
      return { page: 'chart' };
    case 'diagnostics':
      return { page: 'diagnostics' };
    case 'settings':
      return { page: 'settings' };
    default:
      return { page: 'missing' };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The path of a route below the base. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case 'device':
      return `devices/${encodeURIComponent(route.id)}`;
    case 'chart':
      return 'temp_chart';
    case 'diagnostics':
    case 'settings':
      return route.page;
    default:
      return '';
  }
}

/** What of an address is below the base; undefined where it is outside of it. */
export function below(base: string, address: string): string | undefined {
  const [root, url] = [new URL('.', base), new URL(address)];
  if (url.origin !== root.origin) return undefined;
  if (url.pathname === root.pathname.slice(0, -1)) return '';
  return url.pathname.startsWith(root.pathname) ? url.pathname.slice(root.pathname.length) : undefined;
}

/** The route of the address bar. */
function here(): Route {
  if (typeof document === 'undefined') return { page: 'overview' };
  return match(below(document.baseURI, location.href) ?? '');
}

class Router {
  route = $state.raw<Route>(here());
  query = $state.raw(new URLSearchParams(typeof location === 'undefined' ? '' : location.search));

  /** Follows the address bar and the links of the document. Returns what ends that. */
  start(): () => void {
    this.#read();
    const popped = () => this.#read();
    const clicked = (e: MouseEvent) => this.#clicked(e);
    addEventListener('popstate', popped);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', popped);
      document.removeEventListener('click', clicked);
    };
  }

  /** The address of a route, for links. */
  href(route: Route): string {
    return new URL(pathOf(route), document.baseURI).href;
  }

  go(address: string): void {
    history.pushState(null, '', address);
    this.#read();
    scrollTo(0, 0);
  }

  /** Changes the query of the present address; undefined removes a key. */
  setQuery(changes: Record<string, string | undefined>, how: 'push' | 'replace'): void {
    const url = new URL(location.href);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) url.searchParams.delete(key);
      else url.searchParams.set(key, value);
    }
    if (url.href === location.href) return;
    if (how === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
    this.query = url.searchParams;
  }

  #read(): void {
    this.route = here();
    this.query = new URLSearchParams(location.search);
  }

  #clicked(e: MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const link = (e.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    const path = below(document.baseURI, link.href);
    // What the page does not know (/data, /api/docs) is the server's.
    if (path === undefined || match(path).page === 'missing') return;
    e.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
