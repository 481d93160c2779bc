import type { PageProps } from '../../routes';
import { Page } from '../../ui/Page';

export default function Service({ params }: PageProps) {
  return <Page title={params['name']!} />;
}
