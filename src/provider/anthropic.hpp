#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "provider/codec.hpp"

namespace errand::provider {

/// Decodes Anthropic Messages: https://platform.claude.com/docs/en/build-with-claude/streaming
///
/// Blocks of the wire's index n are reported as 2n (where an earlier block was n, the next free number is taken); a
/// text block with citations is reported as its text and then, as 2n + 1, as a Native block that holds the whole of it
/// and stands for that text when it is sent back.
std::unique_ptr<Decoder> make_anthropic_decoder(const Endpoint& endpoint);

/// The request's body.
std::string anthropic_body(const Request& request, const Endpoint& endpoint);
/// The body that asks how many tokens it has: https://platform.claude.com/docs/en/build-with-claude/token-counting
std::string anthropic_count_body(const Request& request, const Endpoint& endpoint);
/// As Codec::left_out.
std::vector<chat::event::Warning> anthropic_left_out(const Request& request, const Endpoint& endpoint);

/// How a Native block begins that stands for the text block before it.
inline constexpr std::string_view cited_text_prefix = R"({"type":"text")";

}  // namespace errand::provider
