#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace errand::provider {

/// Writes compact JSON by appending to a string: what was text stays the same bytes (a model's arguments, a tool's
/// schema), which prompt caches compare. Borrows the string. Brackets and keys are the caller's to balance.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);  ///< bad UTF-8 becomes U+FFFD
  JsonWriter& number(std::int64_t value);
  JsonWriter& raw(std::string_view json);  ///< must be one JSON value
  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).string(value); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
};

/// Appends `value` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view value);

/// As JSON writes a number: "0.7". Finite.
std::string number_text(double value);

/// Whether `text` is one JSON object that nests no deeper than chat::max_json_depth.
[[nodiscard]] bool is_object_text(std::string_view text);

/// `text` itself when it is one JSON object (within chat::max_json_depth), "{}" when it is blank, else an object that
/// holds it as a string: {"INVALID_JSON": "…"}, as Anthropic's documentation of fine-grained tool streaming advises.
std::string object_text(std::string_view text);

/// Reads JSON text in place, without building anything: the hot path of the decoders, for the few shapes that come
/// thousands of times. Any step that meets something else makes failed() true for good, and the caller reads the text
/// again as a document. Values that are skipped are checked loosely.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool failed() const { return failed_; }
  /// Nothing but white space is left, and nothing failed.
  [[nodiscard]] bool finished();

  void begin_object() { expect('{'); }
  /// The next key, without escapes; false at the object's end, which it passes, and on failure.
  bool next_key(std::string_view& key);
  void begin_array() { expect('['); }
  /// Whether another element follows; false at the array's end, which it passes, and on failure.
  bool next_element();

  void string(std::string& out);      ///< replaces `out` by the decoded string, which is valid UTF-8
  void plain(std::string_view& out);  ///< a string that holds no escape
  void number(std::size_t& out);      ///< a short whole number, not negative
  bool null();                        ///< passes a null, if there is one
  void skip();                        ///< passes any value
  [[nodiscard]] char peek();          ///< the next character that is not white space; 0 at the end

 private:
  void skip_space();
  void expect(char c);
  void skip_string();
  void skip_literal();
  void escape(std::string& out);
  bool hex4(std::uint32_t& out);
  void fail() { failed_ = true; }

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;  ///< no comma is due before the next key or element
  bool failed_ = false;
};

}  // namespace errand::provider
