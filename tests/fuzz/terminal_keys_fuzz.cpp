#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/unicode.hpp"
#include "terminal/decoder.hpp"

namespace {

using errand::terminal::Answer;
using errand::terminal::Key;
using errand::terminal::KeyDecoder;

std::vector<Key> keys_of(std::string_view bytes, std::size_t piece) {
  KeyDecoder decoder;
  std::vector<Key> keys;
  const auto take = [&](std::vector<Key> more) {
    keys.insert(keys.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) take(decoder.feed(bytes.substr(at, piece)));
  take(decoder.expire());
  return keys;
}

// No text of theirs moves a cursor.
void check_texts(const std::vector<Key>& keys) {
  for (const auto& key : keys) {
    const bool is_text = key.code == errand::terminal::KeyCode::text || key.code == errand::terminal::KeyCode::paste;
    if (is_text && errand::unicode::without_controls(key.text) != key.text) std::abort();
    if (is_text && !errand::unicode::is_valid_utf8(key.text)) std::abort();
  }
}

// With answers expected, and silence after some bytes.
void wait_for_answers(std::string_view bytes) {
  KeyDecoder decoder;
  decoder.expect(Answer::background);
  decoder.expect(Answer::place);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    check_texts(decoder.feed(bytes.substr(i, 1)));
    const auto silences = static_cast<unsigned char>(bytes[bytes.size() - 1 - i]) % 4U;
    for (auto n = 0U; n < silences * KeyDecoder::answer_patience / 2U; ++n) check_texts(decoder.expire());
  }
  check_texts(decoder.expire());
}

}  // namespace

// The keys are the same however the bytes are cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = keys_of(bytes, size + 1);
  const std::size_t piece = size == 0 ? 1 : data[0] % 31U + 2U;
  if (keys_of(bytes, 1) != whole || keys_of(bytes, piece) != whole) std::abort();
  check_texts(whole);
  wait_for_answers(bytes);
  return 0;
}
