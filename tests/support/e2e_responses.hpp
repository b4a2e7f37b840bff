#pragma once

#include "support/e2e_wire.hpp"

namespace errand::test::e2e {

// The Responses API of the model server. A reply's thinking is a reasoning item with a summary and an encrypted form,
// "encrypted_<number>"; where it is sent back it is seen as the type "reasoning".

/// Throws too when a reasoning item came without the item that has to follow it.
SeenRequest decode_responses(const Json& body);
Stream encode_responses(const ReplyParts& parts, int number);

}  // namespace errand::test::e2e
