import { Button } from '../../ui/Button';
import { offers, steer, type Situation } from './steering';

/** The buttons of what can be done to the rollout now. */
export function Actions({ situation }: { situation: Situation }) {
  return (
    <>
      {offers(situation).map((offer) => (
        <Button
          key={offer.action}
          kind={offer.primary ? 'primary' : offer.danger ? 'danger' : 'plain'}
          disabled={offer.why !== undefined}
          why={offer.why}
          onClick={() => steer(situation, offer.action)}
        >
          {offer.word}
        </Button>
      ))}
    </>
  );
}
