import type { PageProps } from '../../routes';
import { Page } from '../../ui/Page';

export default function Release({ params }: PageProps) {
  return <Page title={params['name']!} />;
}
