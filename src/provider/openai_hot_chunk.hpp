#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace errand::provider {

/// A chunk that brings some text, reasoning or more of one call's arguments, and nothing else: the kind that comes by
/// the thousand.
struct HotChunk {
  std::string content;
  std::string reasoning_content;
  std::string reasoning;
  std::string arguments;
  std::size_t call_index = 0;
  bool has_call = false;
};

/// Reads `data` into `out`, which must be as new (strings may keep their memory). False: it is no such chunk, read it
/// as a document. What it takes, it reads as the document would be read; what is passed over is checked loosely.
bool scan_hot_chunk(std::string_view data, HotChunk& out);

}  // namespace errand::provider
