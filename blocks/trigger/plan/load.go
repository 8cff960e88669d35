package plan

import "fmt"

// maxApproval is the largest file of an approval that is read, in bytes.
const maxApproval = 1 << 20

// LoadApproval reads the approval at path and checks its signature.
func LoadApproval(path string) (*Approval, error) {
	text, err := readBounded(path, maxApproval)
	if err != nil {
		return nil, fmt.Errorf("read the approval: %w", err)
	}
	return ReadApproval(path, text)
}
