#pragma once

#include "support/e2e_wire.hpp"

namespace errand::test::e2e {

// The Gemini API of the model server. A call may be without an id (`id: ""`); then it is seen under its name and place,
// and so is its result.

SeenRequest decode_gemini(const Json& body);
Stream encode_gemini(const ReplyParts& parts);

}  // namespace errand::test::e2e
