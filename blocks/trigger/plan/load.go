package plan

import "fmt"

// LoadApproval reads the approval at path and checks its signature.
func LoadApproval(path string) (*Approval, error) {
	text, err := readBounded(path, maxApprovalBytes)
	if err != nil {
		return nil, fmt.Errorf("read the approval: %w", err)
	}
	return ReadApproval(path, text)
}
