import { expect, it } from "vitest";
import { signWebhook } from "./sign-webhook.ts";

it("signs as Standard Webhooks does, by the example of its libraries", () => {
  const parts = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  expect(signWebhook(parts, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toEqual({
    "webhook-id": parts.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
  const plain = signWebhook(parts, "a secret");
  expect(plain["webhook-signature"]).not.toBe(
    signWebhook({ ...parts, body: "" }, "a secret")["webhook-signature"],
  );
});
