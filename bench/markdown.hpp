#pragma once

namespace errand::bench {

/// Prints µs of CPU per delta of a streamed answer of 20,000: as raw text, as Markdown that is painted as often as at
/// 1,000 deltas a second, one paragraph, many paragraphs and code.
int markdown();

}  // namespace errand::bench
